package load_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cmd/aerongo/internal/load"
)

func histogram(t *testing.T, values ...int64) *hdrhistogram.Histogram {
	t.Helper()
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	for _, v := range values {
		require.NoError(t, h.RecordValue(v))
	}
	return h
}

func TestRate_isOfWhatWasReceived(t *testing.T) {
	for _, c := range []struct {
		result load.Result
		want   float64
	}{
		{load.Result{Sent: 500, Received: 100, Elapsed: 2 * time.Second}, 50},
		{load.Result{Received: 1, Elapsed: time.Nanosecond}, 1e9},
		{load.Result{Received: 100}, 0}, // no time has passed, and no number is infinite in JSON
		{load.Result{Received: 100, Elapsed: -1}, 0},
		{load.Result{}, 0},
	} {
		require.InDelta(t, c.want, c.result.Rate(), 1e-3)
	}
}

func TestPercentiles_namesAreAContract(t *testing.T) {
	text, err := json.Marshal(load.PercentilesOf(histogram(t, 1, 2)))
	require.NoError(t, err)
	require.JSONEq(t, `{"min":1,"mean":1.5,"p50":1,"p90":2,"p99":2,"p99.9":2,"p99.99":2,"max":2}`, string(text))
}

// picture reads an SVG: its texts, and the points of its line.
func picture(t *testing.T, title string, h *hdrhistogram.Histogram) (texts []string, points [][2]float64) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, load.WriteSVG(&b, title, h))
	inText := false
	for decoder := xml.NewDecoder(&b); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts, points
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			inText = token.Name.Local == "text"
			for _, a := range token.Attr {
				if a.Name.Local != "points" {
					continue
				}
				for pair := range strings.FieldsSeq(a.Value) {
					left, right, ok := strings.Cut(pair, ",")
					require.True(t, ok)
					x, err := strconv.ParseFloat(left, 64)
					require.NoError(t, err)
					y, err := strconv.ParseFloat(right, 64)
					require.NoError(t, err)
					points = append(points, [2]float64{x, y})
				}
			}
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				texts = append(texts, string(token))
			}
		}
	}
}

func TestWriteSVG_theLineStaysInThePictureAndOnlyRises(t *testing.T) {
	many := make([]int64, 0, 10000)
	for i := range int64(10000) {
		many = append(many, 1+i*i)
	}
	for name, values := range map[string][]int64{
		"none": nil, "one": {1}, "equal": {1000, 1000, 1000}, "far apart": {1, int64(time.Hour)}, "many": many, "a power of ten": {1000, 10000},
	} {
		_, points := picture(t, "x", histogram(t, values...))
		require.Greater(t, len(points), 20, name)
		for i, p := range points {
			require.False(t, math.IsNaN(p[0]) || math.IsNaN(p[1]), name)
			require.True(t, p[0] >= 70 && p[0] <= 700.05, "%s: x %v", name, p[0])
			require.True(t, p[1] >= 39.95 && p[1] <= 355.05, "%s: y %v", name, p[1])
			if i > 0 {
				require.Greater(t, p[0], points[i-1][0], name)
				require.LessOrEqual(t, p[1], points[i-1][1], "%s: of a higher percentile the latency is no less", name)
			}
		}
	}
}

func TestWriteSVG_hasAsManyNinesAsThereAreValuesForThem(t *testing.T) {
	nines := func(values ...int64) (all []string) {
		texts, _ := picture(t, "x", histogram(t, values...))
		for _, text := range texts {
			if strings.HasSuffix(text, " %") {
				all = append(all, text)
			}
		}
		return all
	}
	require.Equal(t, []string{"0 %", "90 %"}, nines(1, 2, 3))
	require.Equal(t, []string{"0 %", "90 %", "99 %"}, nines(make([]int64, 50)...))
	require.Equal(t, []string{"0 %", "90 %", "99 %", "99.9 %"}, nines(make([]int64, 1000)...))
	require.Equal(t, []string{"0 %", "90 %", "99 %", "99.9 %", "99.99 %"}, nines(make([]int64, 1001)...))
	texts, _ := picture(t, `"<x>" & co`, histogram(t, 1500))
	require.Contains(t, texts, `"<x>" & co`, "what the title says is no markup")
	require.Contains(t, texts, "1µs")
	require.Contains(t, texts, "10µs")
	require.ErrorIs(t, load.WriteSVG(failing{}, "x", histogram(t)), io.ErrClosedPipe)
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
