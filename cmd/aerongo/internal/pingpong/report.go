package pingpong

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Report is a measurement in numbers; all latencies are in nanoseconds, there and back.
type Report struct {
	Count  int64   `json:"count"`
	Rate   float64 `json:"rate"` // messages a second, 0 for one by one
	Length int     `json:"length"`
	Min    int64   `json:"min"`
	Mean   float64 `json:"mean"`
	P50    int64   `json:"p50"`
	P90    int64   `json:"p90"`
	P99    int64   `json:"p99"`
	P999   int64   `json:"p99.9"`
	P9999  int64   `json:"p99.99"`
	Max    int64   `json:"max"`
}

// NewReport is the report of a measurement with these Options.
func NewReport(h *hdrhistogram.Histogram, o Options) Report {
	return Report{
		Count: h.TotalCount(), Rate: o.Rate, Length: o.Length, Min: h.Min(), Mean: math.Round(h.Mean()*10) / 10,
		P50: h.ValueAtPercentile(50), P90: h.ValueAtPercentile(90), P99: h.ValueAtPercentile(99),
		P999: h.ValueAtPercentile(99.9), P9999: h.ValueAtPercentile(99.99), Max: h.Max(),
	}
}

// microseconds is the unit of the tables.
const microseconds = float64(time.Microsecond)

// ticksPerHalf is how many lines the table has for each halving of the distance to 100 %.
const ticksPerHalf = 5

// WriteTable writes the percentile distribution in microseconds, in the format that HdrHistogram's tools read.
func WriteTable(w io.Writer, h *hdrhistogram.Histogram) error {
	_, err := h.PercentilesPrint(w, ticksPerHalf, microseconds)
	if err != nil {
		return fmt.Errorf("write the percentiles: %w", err)
	}
	return nil
}

// The plot's size: its bars' length, and how many ranges of latency it shows at most.
const (
	plotWidth = 50
	plotRows  = 16
)

// WritePlot draws how many messages took how long, on a logarithmic scale of latency.
func WritePlot(w io.Writer, h *hdrhistogram.Histogram) error {
	if h.TotalCount() == 0 {
		return nil
	}
	low, high := math.Log(float64(max(h.Min(), 1))), math.Log(float64(h.Max())+1)
	step := max((high-low)/plotRows, math.Ln2/8)
	var counts [plotRows]int64
	most := int64(0)
	for _, bar := range h.Distribution() {
		if bar.Count == 0 {
			continue
		}
		row := int((math.Log(float64(max(bar.From, 1))) - low) / step)
		row = min(max(row, 0), plotRows-1)
		counts[row] += bar.Count
		most = max(most, counts[row])
	}
	var b strings.Builder
	for row, count := range counts {
		if low+float64(row)*step >= high {
			break
		}
		from := math.Exp(low + float64(row)*step)
		length := int(math.Ceil(float64(count) / float64(most) * plotWidth))
		fmt.Fprintf(&b, "%10.1f µs |%-*s %d\n", from/microseconds, plotWidth, strings.Repeat("#", length), count)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
