// The dashboard on one page, drawn by Grafana's components from what tests/tools/dashboard_data.py has recorded.
// `DASHBOARD` and `RECORDED` are put in by draw.sh.
import { createTheme, dateTimeForTimeZone, ThemeContext } from '@grafana/data';
import { GlobalStyles, PanelChrome } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import 'uplot/dist/uPlot.min.css';

import { framesOf } from './frames.js';
import { Heatmap, Stat, StateTimeline, TimeSeriesPanel } from './panels.jsx';

const WIDTH = 1480;
const GAP = 8;
const CELL = 30 + GAP;

const KINDS = { stat: Stat, timeseries: TimeSeriesPanel, 'state-timeline': StateTimeline, heatmap: Heatmap };

const theme = createTheme({ colors: { mode: 'light' } });
const moment = (seconds) => dateTimeForTimeZone('utc', seconds * 1000);
const [from, to] = [moment(RECORDED.from), moment(RECORDED.to)];
const timeRange = { from, to, raw: { from, to } };

function Place({ panel, children }) {
  const { x, y, w, h } = panel.gridPos;
  const column = (WIDTH + GAP) / 24;
  const place = { left: x * column, top: y * CELL, width: w * column - GAP, height: h * CELL - GAP };
  return <div style={{ position: 'absolute', ...place }}>{children(place.width, place.height)}</div>;
}

function Panel({ panel }) {
  if (panel.type === 'row') {
    return <Place panel={panel}>{() => <h4 style={{ margin: '4px 0', fontSize: 16 }}>⌄ {panel.title}</h4>}</Place>;
  }
  const Kind = KINDS[panel.type];
  const frames = framesOf(panel, RECORDED.panels[panel.id], theme);
  return (
    <Place panel={panel}>
      {(width, height) => (
        <PanelChrome title={panel.title} width={width} height={height}>
          {(inside, tall) => (
            <Kind panel={panel} frames={frames} width={inside} height={tall} theme={theme} timeRange={timeRange} />
          )}
        </PanelChrome>
      )}
    </Place>
  );
}

function Page() {
  const height = Math.max(...DASHBOARD.panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * CELL;
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ position: 'relative', width: WIDTH, height, margin: 10 }}>
        {DASHBOARD.panels.map((panel) => (
          <Panel key={panel.id} panel={panel} />
        ))}
      </div>
    </ThemeContext.Provider>
  );
}

document.body.style.background = theme.colors.background.canvas;
createRoot(document.getElementById('page')).render(<Page />);
