// What Prometheus answered, as Grafana's data frames: one for each series, with the panel's field options.
import {
  cacheFieldDisplayNames,
  createDataFrame,
  FieldType,
  getDisplayProcessor,
  getValueFormats,
} from '@grafana/data';

const UNITS = new Set(getValueFormats().flatMap(({ submenu }) => submenu.map(({ value }) => value)));

/** Throws when the panel has a unit that Grafana does not know. */
export function framesOf(panel, recorded, theme) {
  const frames = recorded.map((series, index) => {
    const name = nameOf(panel, series);
    const config = configOf(panel, name);
    if (!UNITS.has(config.unit)) {
      throw new Error(`${panel.title}: Grafana knows no unit ${config.unit}`);
    }
    const times = series.points.map(([at]) => at * 1000);
    const values = series.points.map(([, value]) => (Number.isFinite(Number(value)) ? Number(value) : null));
    const frame = createDataFrame({
      refId: series.refId,
      fields: [
        { name: 'Time', type: FieldType.time, values: times, config: {} },
        { name, type: FieldType.number, values, config, labels: series.labels },
      ],
    });
    const field = frame.fields[1];
    field.state = { ...field.state, seriesIndex: index, displayName: name };
    field.display = getDisplayProcessor({ field, theme, timeZone: 'utc' });
    frame.fields[0].display = getDisplayProcessor({ field: frame.fields[0], theme, timeZone: 'utc' });
    return frame;
  });
  cacheFieldDisplayNames(frames);
  return frames;
}

function nameOf(panel, { refId, labels }) {
  const { legendFormat } = panel.targets.find((target) => target.refId === refId);
  return legendFormat.replace(/\{\{(\w+)\}\}/g, (_, label) => labels[label] ?? '');
}

function configOf(panel, name) {
  const { defaults, overrides } = panel.fieldConfig;
  const config = { ...structuredClone(defaults), displayName: name };
  for (const { matcher, properties } of overrides) {
    if (matcher.options === name) {
      for (const { id, value } of properties) {
        if (id.startsWith('custom.')) {
          config.custom = { ...config.custom, [id.slice('custom.'.length)]: value };
        } else {
          config[id] = value;
        }
      }
    }
  }
  return config;
}
