"""What must outlive the process: the rows that the store keeps, and what waits until they are safe."""
