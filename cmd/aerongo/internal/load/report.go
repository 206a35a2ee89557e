package load

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Percentiles are latencies in nanoseconds.
type Percentiles struct {
	Min   int64   `json:"min"`
	Mean  float64 `json:"mean"`
	P50   int64   `json:"p50"`
	P90   int64   `json:"p90"`
	P99   int64   `json:"p99"`
	P999  int64   `json:"p99.9"`
	P9999 int64   `json:"p99.99"`
	Max   int64   `json:"max"`
}

// PercentilesOf is nil for a histogram without values.
func PercentilesOf(h *hdrhistogram.Histogram) *Percentiles {
	if h.TotalCount() == 0 {
		return nil
	}
	return &Percentiles{
		Min: h.Min(), Mean: math.Round(h.Mean()*10) / 10, P50: h.ValueAtPercentile(50), P90: h.ValueAtPercentile(90), P99: h.ValueAtPercentile(99),
		P999: h.ValueAtPercentile(99.9), P9999: h.ValueAtPercentile(99.99), Max: h.Max(),
	}
}

// The plot's measures in pixels.
const (
	plotWidth, plotHeight = 720, 400
	plotLeft, plotRight   = 70, 20
	plotTop, plotBottom   = 40, 45
	innerWidth            = plotWidth - plotLeft - plotRight
	innerHeight           = plotHeight - plotTop - plotBottom
	mostNines             = 7
	pointsPerNine         = 24
)

// WriteSVG draws a histogram's percentiles: to the right a nine more at each line, upwards the latency by powers of ten.
func WriteSVG(w io.Writer, title string, h *hdrhistogram.Histogram) error {
	// As many nines as there are values to tell them.
	nines := min(max(math.Ceil(math.Log10(float64(max(h.TotalCount(), 10)))), 1), mostNines)
	low := math.Floor(math.Log10(float64(max(h.Min(), 1))))
	high := math.Max(math.Ceil(math.Log10(float64(max(h.Max(), 1)))), low+1)
	x := func(n float64) float64 { return plotLeft + innerWidth*n/nines }
	y := func(ns float64) float64 {
		return plotTop + innerHeight*(1-(math.Log10(math.Max(ns, 1))-low)/(high-low))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", html.EscapeString(title))
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"22\" font-size=\"14\">%s</text>\n", plotLeft, html.EscapeString(title))
	for n := 0.0; n <= nines; n++ {
		label := "0 %"
		if n > 0 {
			label = fmt.Sprintf("%.*f %%", int(max(n-2, 0)), 100*(1-math.Pow(10, -n)))
		}
		fmt.Fprintf(&b, "<path d=\"M%.1f %d V%d\" stroke=\"#ccc\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
			x(n), plotTop, plotTop+innerHeight, x(n), plotTop+innerHeight+18, label)
	}
	for e := low; e <= high; e++ {
		at := y(math.Pow(10, e))
		fmt.Fprintf(&b, "<path d=\"M%d %.1f H%d\" stroke=\"#ccc\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%v</text>\n",
			plotLeft, at, plotLeft+innerWidth, plotLeft-6, at+4, time.Duration(math.Pow(10, e)))
	}
	b.WriteString(`<polyline fill="none" stroke="#0b5cad" stroke-width="2" points="`)
	for i := 0.0; i <= nines*pointsPerNine; i++ {
		n := i / pointsPerNine
		fmt.Fprintf(&b, "%.1f,%.1f ", x(n), y(float64(h.ValueAtPercentile(100*(1-math.Pow(10, -n))))))
	}
	b.WriteString("\"/>\n</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}
