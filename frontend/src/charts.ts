// The charts of the report pages. The table beside each one carries the same numbers.
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import { AriaComponent, DatasetComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { config, onTheme, token } from "./lib/page.js";

use([BarChart, HeatmapChart, LineChart, AriaComponent, DatasetComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, SVGRenderer]);

interface Bars { kind: "bars"; description: string; unit: string; categories: string[]; series: { name: string; tone: string; values: number[] }[] }
interface Heat { kind: "heat"; description: string; unit: string; x: string[]; y: string[]; cells: [number, number, number][]; low: string; high: string }

const frame = { animation: false, textStyle: { fontFamily: "Inter Variable, sans-serif" } };
const text = () => ({ color: token("ink-2"), fontSize: 12 });
const split = () => ({ lineStyle: { color: token("line") } });

function bars(setup: Bars): EChartsCoreOption {
  const horizontal = setup.categories.some((name) => name.length > 8);
  const category = {
    type: "category", data: setup.categories, inverse: horizontal, axisTick: { show: false },
    axisLabel: { ...text(), width: 170, overflow: "truncate" }, axisLine: { lineStyle: { color: token("line-strong") } },
  };
  const value = { type: "value", minInterval: 1, axisLabel: text(), splitLine: split() };
  return {
    ...frame,
    aria: { enabled: true, label: { description: setup.description }, decal: { show: true } },
    color: setup.series.map(({ tone }) => token(tone)),
    grid: { left: 8, right: 24, top: 40, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, textStyle: text(), itemWidth: 22 },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
    xAxis: horizontal ? value : category,
    yAxis: horizontal ? category : value,
    series: setup.series.map(({ name, values }) => ({ type: "bar", stack: "all", name, data: values, barMaxWidth: 26 })),
  };
}

function heat(setup: Heat): EChartsCoreOption {
  return {
    ...frame,
    aria: { enabled: true, label: { description: setup.description } },
    grid: { left: 8, right: 16, top: 8, bottom: 64, containLabel: true },
    tooltip: { position: "top" },
    xAxis: { type: "category", data: setup.x, axisLabel: text(), splitArea: { show: false }, axisTick: { show: false } },
    yAxis: { type: "category", data: setup.y, inverse: true, axisLabel: { ...text(), width: 150, overflow: "truncate" }, axisTick: { show: false } },
    visualMap: {
      min: 0, max: 100, orient: "horizontal", left: "center", bottom: 4, calculable: false, text: [setup.high, setup.low],
      textStyle: text(), inRange: { color: [token("heat-low"), token("heat-mid"), token("heat-high")] },
    },
    series: [{ type: "heatmap", data: setup.cells, itemStyle: { borderColor: token("paper"), borderWidth: 1 } }],
  };
}

for (const container of document.querySelectorAll<HTMLElement>("[data-chart]")) {
  const setup = config<Bars | Heat>(container.dataset.chart ?? "");
  const rows = setup.kind === "heat" ? setup.y.length : setup.categories.length;
  container.style.height = `${Math.max(280, setup.kind === "heat" || setup.categories.some((name) => name.length > 8) ? rows * 30 + 90 : 0)}px`;
  const chart = init(container, null, { renderer: "svg" });
  const draw = () => chart.setOption(setup.kind === "bars" ? bars(setup) : heat(setup), true);
  draw();
  onTheme(draw);
  new ResizeObserver(() => chart.resize()).observe(container);
  container.dataset.ready = "true";
}
