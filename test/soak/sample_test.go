package soak

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sample is what the process holds of the system at one time.
type sample struct {
	at      time.Duration
	values  [len(kinds)]float64
	streams int64 // that have ended by then
}

// kind is a thing that must not grow: the median of the last third of all samples may exceed that of the second third by this much. The
// first third is for what a process gets once: heap, threads, terms that are touched for the first time. Half of each is what 30 seconds were
// seen to differ by on a busy machine; half an hour differs by 1. What each driver or client that comes and goes leaves exceeds that soon.
type kind struct {
	name, unit string
	spare      func(before float64) float64
}

func absolute(spare float64) func(float64) float64 { return func(float64) float64 { return spare } }

var kinds = [...]kind{
	{"resident memory", "MiB", absolute(6)}, // Go's heap breathes
	{"threads", "", absolute(2)},
	{"descriptors", "", absolute(2)},
	{"mappings", "", absolute(16)}, // of streams that have closed a moment ago, as files
	{"files in /dev/shm", "", absolute(16)},
}

// take takes a sample. place is where the drivers' directories lie.
func take(at time.Duration, place string) (sample, error) {
	s := sample{at: at}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return s, err
	}
	pages, err := strconv.ParseFloat(strings.Fields(string(statm))[1], 64)
	if err != nil {
		return s, err
	}
	s.values[0] = pages * float64(os.Getpagesize()) / (1 << 20)
	for i, dir := range []string{"/proc/self/task", "/proc/self/fd"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return s, err
		}
		s.values[1+i] = float64(len(entries))
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return s, err
	}
	s.values[3] = float64(bytes.Count(maps, []byte("\n")))
	for _, pattern := range []string{"/*", "/*/*", "/*/*/*"} { // a file may go while it is counted, so no walk
		files, err := filepath.Glob(place + pattern)
		if err != nil {
			return s, err
		}
		s.values[4] += float64(len(files))
	}
	return s, nil
}

// median is that of one kind in some samples.
func median(samples []sample, kind int) float64 {
	var values []float64
	for _, s := range samples {
		values = append(values, s.values[kind])
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// growth says which kinds grew by more than they may, and tells of all.
func growth(samples []sample) (grown []string, told [len(kinds)]string) {
	third := len(samples) / 3
	for i, k := range kinds {
		before, after := median(samples[third:2*third], i), median(samples[2*third:], i)
		told[i] = strings.TrimSpace(fmt.Sprintf("%.0f → %.0f %s", before, after, k.unit))
		if after > before+k.spare(before) {
			grown = append(grown, k.name+": "+told[i])
		}
	}
	return grown, told
}

// steady says whether streams followed each other in the last third as fast as in the second, within a tenth. What those that have closed
// leave for a moment grows with their pace, and is no leak.
func steady(samples []sample) bool {
	third := len(samples) / 3
	pace := func(samples []sample) float64 {
		first, last := samples[0], samples[len(samples)-1]
		return float64(last.streams-first.streams) / (last.at - first.at).Seconds()
	}
	before, after := pace(samples[third:2*third]), pace(samples[2*third:])
	return after <= before*1.1
}

func TestSteady_isNoFaster(t *testing.T) {
	even, faster := make([]sample, 30), make([]sample, 30)
	for i := range even {
		at := time.Duration(i) * time.Second
		even[i], faster[i] = sample{at: at, streams: int64(10 * i)}, sample{at: at, streams: int64(10 * i)}
		if i > 20 {
			faster[i].streams += int64(i-20) * 2
		}
	}
	require.True(t, steady(even))
	require.False(t, steady(faster))
}

func TestGrowth_seesALeakAndNoWaves(t *testing.T) {
	var waves, leak []sample
	for i := range 300 {
		wave, rising := sample{}, sample{}
		for k := range kinds {
			wave.values[k] = 100 + float64(i%10)
			rising.values[k] = 100 + float64(i)
		}
		waves, leak = append(waves, wave), append(leak, rising)
	}
	grown, told := growth(waves)
	require.Empty(t, grown)
	require.Equal(t, "105 → 105 MiB", told[0])
	grown, _ = growth(leak)
	require.Len(t, grown, len(kinds), "each kind is watched")
}

func TestTake_counts(t *testing.T) {
	place := t.TempDir()
	before, err := take(0, place)
	require.NoError(t, err)
	require.Positive(t, before.values[0])
	require.GreaterOrEqual(t, before.values[1], 1.0)
	require.NoError(t, os.MkdirAll(filepath.Join(place, "driver", "images"), 0o755))
	f, err := os.Create(filepath.Join(place, "driver", "images", "1.logbuffer"))
	require.NoError(t, err)
	defer f.Close()
	after, err := take(0, place)
	require.NoError(t, err)
	require.InDelta(t, before.values[4]+3, after.values[4], 0)
	require.GreaterOrEqual(t, after.values[2], before.values[2]+1)
}
