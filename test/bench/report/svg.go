package report

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// svg is a picture that is being drawn.
type svg struct {
	strings.Builder
	width int
}

const (
	fontSize   = 12
	lineHeight = 18
	margin     = 16
)

func (s *svg) begin(width, height int, title string) {
	s.width = width
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="%d">`+"\n", width, height, width, height, fontSize)
	fmt.Fprintf(s, `<title>%s</title>`+"\n", html.EscapeString(title))
	fmt.Fprintf(s, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	s.text(margin, margin+fontSize, "start", "bold", title)
}

func (s *svg) end() { s.WriteString("</svg>\n") }

// text is written with its anchor (start, middle, end) at x.
func (s *svg) text(x, y int, anchor, weight, text string) {
	fmt.Fprintf(s, `<text x="%d" y="%d" text-anchor="%s" font-weight="%s" fill="#24292f">%s</text>`+"\n", x, y, anchor, weight, html.EscapeString(text))
}

func (s *svg) bar(x, y, width, height int, color string) {
	fmt.Fprintf(s, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", x, y, width, height, color)
}

func (s *svg) line(x1, y1, x2, y2 int, color string) {
	fmt.Fprintf(s, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s"/>`+"\n", x1, y1, x2, y2, color)
}

type point struct{ x, y int }

// path is a line through points, with a dot on each.
func (s *svg) path(points []point, color string) {
	var at []string
	for _, p := range points {
		at = append(at, fmt.Sprintf("%d,%d", p.x, p.y))
	}
	fmt.Fprintf(s, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(at, " "), color)
	for _, p := range points {
		fmt.Fprintf(s, `<circle cx="%d" cy="%d" r="3" fill="%s"/>`+"\n", p.x, p.y, color)
	}
}

// colors tell contestants apart, also for most who see colors differently.
var colors = map[string]string{
	"c": "#57606a", "aeron": "#0969da", "aeron-batch": "#54aeff", "aeron-unguarded": "#2da44e", "aeron-gomaxprocs-5": "#0a3069", "aeron-go": "#bf8700", "java": "#8250df", "naive-cgo": "#cf222e",
}

func colorOf(contestant string) string {
	if color, ok := colors[contestant]; ok {
		return color
	}
	return "#000000"
}

// group is the rows of one case.
type group struct {
	name string
	rows []Row
}

func groups(rows []Row, take func(Row) (name string, ok bool)) []group {
	var found []group
	at := map[string]int{}
	for _, row := range rows {
		name, ok := take(row)
		if !ok {
			continue
		}
		i, known := at[name]
		if !known {
			i = len(found)
			at[name] = i
			found = append(found, group{name: name})
		}
		found[i].rows = append(found[i].rows, row)
	}
	return found
}

// ThroughputSVG draws a bar for each contestant, case by case; the longest of a case is as wide as the picture allows. A thin line spans
// the slowest and fastest rounds.
func (r Report) ThroughputSVG() string {
	const width, label, number = 900, 110, 130
	cases := groups(r.Rows, func(row Row) (string, bool) { return row.Case, row.Unit == "messages/s" })
	height := 2*margin + 2*lineHeight
	for _, c := range cases {
		height += lineHeight*(len(c.rows)+1) + lineHeight/2
	}
	var s svg
	s.begin(width, height, "Messages per second: the median of all rounds, and the span from the slowest to the fastest")
	y := margin + 2*lineHeight
	for _, c := range cases {
		most := 0.0
		for _, row := range c.rows {
			most = max(most, row.Max)
		}
		s.text(margin, y+fontSize, "start", "bold", c.name)
		y += lineHeight
		scale := func(v float64) int { return int(math.Round(v / most * float64(width-2*margin-label-number))) }
		for _, row := range c.rows {
			left := margin + label
			s.text(left-8, y+fontSize, "end", "normal", row.Contestant)
			s.bar(left, y+2, max(1, scale(row.Median)), lineHeight-4, colorOf(row.Contestant))
			s.line(left+scale(row.Min), y+lineHeight/2, left+scale(row.Max), y+lineHeight/2, "#24292f")
			s.text(width-margin, y+fontSize, "end", "normal", Number(row.Median)+" /s")
			y += lineHeight
		}
		y += lineHeight / 2
	}
	s.end()
	return s.String()
}

// Percentiles are those of a round trip's times, as cases are named.
var Percentiles = []string{"p50", "p90", "p99", "p99.9", "max"}

// LatencySVG draws a panel for each case: percentiles to the right, microseconds upwards, by powers of ten.
func (r Report) LatencySVG() string {
	const width, panelWidth, panelHeight, left = 900, 426, 230, 60
	cases := groups(r.Rows, func(row Row) (string, bool) {
		name, percentile := cutPercentile(row.Case)
		return name, percentile >= 0
	})
	var s svg
	s.begin(width, 2*margin+2*lineHeight+(len(cases)+1)/2*(panelHeight+2*lineHeight), "Round trips in µs: the median of each percentile over all rounds")
	x := margin
	for _, contestant := range contestants(cases) {
		s.bar(x, margin+lineHeight+4, 12, 12, colorOf(contestant))
		s.text(x+16, margin+lineHeight+14, "start", "normal", contestant)
		x += 110
	}
	for i, c := range cases {
		originX, originY := margin+i%2*(panelWidth+margin)+left, margin+2*lineHeight+lineHeight+i/2*(panelHeight+2*lineHeight)
		low, high := decades(c.rows)
		s.text(originX, originY-4, "start", "bold", c.name)
		y := func(v float64) int {
			part := (math.Log10(v) - float64(low)) / float64(high-low)
			return originY + panelHeight - int(math.Round(part*float64(panelHeight-lineHeight)))
		}
		for d := low; d <= high; d++ {
			at := y(math.Pow10(d))
			s.line(originX, at, originX+panelWidth-left, at, "#d0d7de")
			s.text(originX-6, at+4, "end", "normal", Number(math.Pow10(d)))
		}
		step := (panelWidth - left) / len(Percentiles)
		for j, p := range Percentiles {
			s.text(originX+step/2+j*step, originY+panelHeight+fontSize+2, "middle", "normal", p)
		}
		for _, contestant := range contestants([]group{c}) {
			var points []point
			for _, row := range c.rows {
				if _, p := cutPercentile(row.Case); row.Contestant == contestant && row.Median > 0 {
					points = append(points, point{originX + step/2 + p*step, y(row.Median)})
				}
			}
			s.path(points, colorOf(contestant))
		}
	}
	s.end()
	return s.String()
}

// cutPercentile takes a case's name apart; -1 if it is not one of a percentile.
func cutPercentile(name string) (rest string, percentile int) {
	for i, p := range Percentiles {
		if rest, ok := strings.CutSuffix(name, "-"+p); ok && strings.HasPrefix(name, "rtt-") {
			return rest, i
		}
	}
	return name, -1
}

// contestants are those of the cases, in the order of their rows.
func contestants(cases []group) []string {
	var names []string
	seen := map[string]bool{}
	for _, c := range cases {
		for _, row := range c.rows {
			if !seen[row.Contestant] {
				seen[row.Contestant] = true
				names = append(names, row.Contestant)
			}
		}
	}
	return names
}

// decades are the powers of ten around all medians.
func decades(rows []Row) (low, high int) {
	least, most := math.Inf(1), math.Inf(-1)
	for _, row := range rows {
		if row.Median > 0 {
			least, most = min(least, row.Median), max(most, row.Median)
		}
	}
	if math.IsInf(least, 1) {
		return 0, 1
	}
	low, high = int(math.Floor(math.Log10(least))), int(math.Ceil(math.Log10(most)))
	return low, max(high, low+1)
}
