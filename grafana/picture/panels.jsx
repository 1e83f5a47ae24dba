// One component for each kind of panel. The state timeline and the heatmap are inside of Grafana itself, not in its
// packages: these two are drawn here, with Grafana's words, colours and sizes.
import {
  dateTimeFormat,
  EventBusSrv,
  FieldType,
  formattedValueToString,
  getDisplayProcessor,
  reduceField,
} from '@grafana/data';
import { BigValue, PanelContextProvider, TimeSeries } from '@grafana/ui';
import { interpolateOranges } from 'd3-scale-chromatic';

// Milliseconds without a point: more than twice the distance of two.
const HOLE = 10_000;

const CONTEXT = { eventsScope: 'picture', eventBus: new EventBusSrv(), sync: () => 0, canAddAnnotations: () => false };

export function Stat({ panel, frames, width, height, theme }) {
  const { options } = panel;
  const [x, y] = frames[0].fields;
  const value = y.display(reduceField({ field: y, reducers: options.reduceOptions.calcs })[options.reduceOptions.calcs[0]]);
  const sparkline = options.graphMode === 'none' ? undefined : { x, y };
  return (
    <BigValue
      value={value}
      sparkline={sparkline}
      width={width}
      height={height}
      theme={theme}
      colorMode={options.colorMode}
      graphMode={options.graphMode}
      justifyMode={options.justifyMode}
      textMode={options.textMode}
    />
  );
}

export function TimeSeriesPanel({ panel, frames, width, height, theme, timeRange }) {
  return (
    <PanelContextProvider value={CONTEXT}>
      <TimeSeries
        frames={frames}
        structureRev={1}
        timeRange={timeRange}
        timeZone="utc"
        width={width}
        height={height}
        theme={theme}
        legend={panel.options.legend}
        options={panel.options}
      />
    </PanelContextProvider>
  );
}

export function StateTimeline({ frames, width, height, theme, timeRange }) {
  const plot = plotOf(width, height, 52, timeRange);
  const tall = plot.height / frames.length;
  return (
    <svg width={width} height={height} style={{ display: 'block' }}>
      <Times plot={plot} theme={theme} timeRange={timeRange} />
      {frames.map(({ fields: [time, state] }, row) => (
        <g key={state.name} transform={`translate(0 ${row * tall})`}>
          <Label x={plot.left - 8} y={tall / 2} theme={theme} anchor="end">
            {state.name}
          </Label>
          {runsOf(time.values, state.values).map(({ from, to, value }) => {
            const { color, text } = state.display(value);
            const [left, right] = [plot.x(from), plot.x(to)];
            const fits = text.length * 6.6 + 8 < right - left;
            const fill = theme.visualization.getColorByName(color);
            return (
              <g key={from}>
                <rect x={left} y={tall * 0.05} width={right - left} height={tall * 0.9} fill={fill} fillOpacity={0.8} />
                {fits && (
                  <Label x={left + 4} y={tall / 2} theme={theme} color={theme.colors.getContrastText(fill)}>
                    {text}
                  </Label>
                )}
              </g>
            );
          })}
        </g>
      ))}
    </svg>
  );
}

export function Heatmap({ panel, frames, width, height, theme, timeRange }) {
  const buckets = frames
    .map(({ fields: [time, count] }) => ({ limit: Number(count.name.replace('+Inf', 'Infinity')), time, count }))
    .sort((one, other) => one.limit - other.limit);
  const plot = plotOf(width, height, 60, timeRange);
  const tall = plot.height / buckets.length;
  const step = plot.x(buckets[0].time.values[1]) - plot.x(buckets[0].time.values[0]);
  // Prometheus counts what is below each limit; what is shown is what is between two.
  const between = (row, column) => {
    const below = row === 0 ? 0 : (buckets[row - 1].count.values[column] ?? 0);
    return (buckets[row].count.values[column] ?? 0) - below;
  };
  const cells = buckets.flatMap(({ time }, row) =>
    time.values.map((at, column) => ({ row, at, count: between(row, column) })),
  );
  const most = Math.max(...cells.map(({ count }) => count));
  const { exponent } = panel.options.color;
  const field = { type: FieldType.number, config: { unit: panel.options.yAxis.unit } };
  const limit = getDisplayProcessor({ field, theme });
  const name = (value) => (value === Infinity ? '+Inf' : formattedValueToString(limit(value)));
  return (
    <svg width={width} height={height} style={{ display: 'block' }}>
      <Times plot={plot} theme={theme} timeRange={timeRange} />
      {buckets.map((bucket, row) => (
        <Label key={bucket.limit} x={plot.left - 8} y={plot.height - (row + 0.5) * tall} theme={theme} anchor="end">
          {row % 2 ? '' : name(bucket.limit)}
        </Label>
      ))}
      {cells
        .filter(({ count }) => count > 1e-9)
        .map(({ row, at, count }) => (
          <rect
            key={`${row} ${at}`}
            x={plot.x(at) - step}
            y={plot.height - (row + 1) * tall}
            width={Math.max(step - 1, 1)}
            height={tall - 1}
            fill={interpolateOranges(0.1 + 0.9 * (count / most) ** exponent)}
          />
        ))}
    </svg>
  );
}

function plotOf(width, height, left, timeRange) {
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const x = (at) => left + ((at - from) / (to - from)) * (width - left - 4);
  return { left, right: width - 4, height: height - 22, x };
}

/** Where a value begins and ends: at the next point, if that is near; else there was no bridge to ask. */
function runsOf(times, values) {
  const runs = [];
  times.forEach((at, index) => {
    const last = runs.at(-1);
    const near = last && at - last.to < HOLE;
    if (near) {
      last.to = at;
    }
    if (!near || last.value !== values[index]) {
      runs.push({ from: at, to: at, value: values[index] });
    }
  });
  return runs.filter(({ from, to }) => to > from);
}

function Times({ plot, theme, timeRange }) {
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const most = (plot.right - plot.left) / 80;
  const every = [1, 2, 5, 10, 30].map((minutes) => minutes * 60_000).find((step) => (to - from) / step < most);
  const ticks = [];
  for (let at = Math.ceil(from / every) * every; at < to; at += every) {
    ticks.push(at);
  }
  return ticks.map((at) => (
    <g key={at}>
      <line x1={plot.x(at)} x2={plot.x(at)} y1={0} y2={plot.height + 4} stroke={theme.colors.border.weak} />
      <Label x={plot.x(at)} y={plot.height + 13} theme={theme} anchor="middle">
        {dateTimeFormat(at, { format: 'HH:mm', timeZone: 'utc' })}
      </Label>
    </g>
  ));
}

function Label({ x, y, theme, anchor = 'start', color, children }) {
  return (
    <text
      x={x}
      y={y}
      dominantBaseline="central"
      textAnchor={anchor}
      fontSize={12}
      fontFamily={theme.typography.fontFamily}
      fill={color ?? theme.colors.text.primary}
    >
      {children}
    </text>
  );
}
