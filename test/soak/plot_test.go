package soak

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// plot draws each kind as a line of its own, from zero, one below the other.
func plot(samples []sample, title string) string {
	const width, height, left, top, gap = 760, 90, 150, 40, 34
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		left+width+70, top+len(kinds)*(height+gap))
	svg.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	fmt.Fprintf(&svg, `<text x="10" y="20" font-size="14">%s</text>`+"\n", title)
	end := max(samples[len(samples)-1].at, 1)
	for k, kind := range kinds {
		most := 1.0
		for _, s := range samples {
			most = max(most, s.values[k])
		}
		base := top + k*(height+gap) + height
		fmt.Fprintf(&svg, `<text x="10" y="%d">%s</text>`+"\n", base-height/2, strings.TrimSpace(kind.name+" "+kind.unit))
		fmt.Fprintf(&svg, `<text x="%d" y="%d" text-anchor="end">%.0f</text><text x="%d" y="%d" text-anchor="end">0</text>`+"\n",
			left-6, base-height+10, most, left-6, base)
		fmt.Fprintf(&svg, `<path d="M%d %dh%d" stroke="#999"/><polyline fill="none" stroke="#0b62a4" points="`, left, base, width)
		for _, s := range samples {
			fmt.Fprintf(&svg, "%.1f,%.1f ", left+width*float64(s.at)/float64(end), float64(base)-height*s.values[k]/most)
		}
		svg.WriteString(`"/>` + "\n")
		fmt.Fprintf(&svg, `<text x="%d" y="%d" fill="#666">0</text><text x="%d" y="%d" fill="#666" text-anchor="end">%v</text>`+"\n",
			left, base+14, left+width, base+14, end.Round(time.Second))
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

func TestPlot_isSVGWithAPointForEachSample(t *testing.T) {
	samples := make([]sample, 5)
	for i := range samples {
		samples[i].at = time.Duration(i) * time.Second
		samples[i].values[1] = float64(i)
	}
	text := plot(samples, "soak")
	for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
	}
	require.Equal(t, 5*len(kinds), strings.Count(text, ","))
	require.Contains(t, text, ">4s<")
}
