package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
)

func TestRate(t *testing.T) {
	begin := time.Now()
	a, b := pointKey{what: 'p', stream: 1, channel: "a"}, pointKey{what: 'p', stream: 1, channel: "b"}
	for _, test := range []struct {
		name    string
		before  map[pointKey]int64
		value   int64
		elapsed time.Duration
		want    any // nil for no rate
	}{
		{"first reading", nil, 100, time.Second, nil},
		{"first reading of this", map[pointKey]int64{b: 1}, 100, time.Second, nil},
		{"grown", map[pointKey]int64{a: 100}, 350, 500 * time.Millisecond, 500.0},
		{"stands still", map[pointKey]int64{a: 100}, 100, time.Second, 0.0},
		{"from nothing", map[pointKey]int64{a: 0}, 64, time.Second, 64.0},
		{"fallen: it is another one", map[pointKey]int64{a: 100}, 99, time.Second, nil},
		{"no time has passed", map[pointKey]int64{a: 100}, 200, 0, nil},
		{"the clock went back", map[pointKey]int64{a: 100}, 200, -time.Second, nil},
		{"as far as it goes", map[pointKey]int64{a: 0}, math.MaxInt64, time.Second, float64(math.MaxInt64)},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := reader{before: test.before, now: map[pointKey]int64{}, taken: begin}
			rate := r.rate(a, test.value, begin.Add(test.elapsed))
			require.Equal(t, map[pointKey]int64{a: test.value}, r.now, "noted for the next time")
			if test.want == nil {
				require.Nil(t, rate)
				return
			}
			require.NotNil(t, rate)
			require.InDelta(t, test.want, *rate, 1e-9)
		})
	}
}

// A damaged file may hold any two values.
func TestRate_ofADifferenceThatIsNoInt64(t *testing.T) {
	begin := time.Now()
	key := pointKey{what: 's'}
	r := reader{before: map[pointKey]int64{key: math.MinInt64}, now: map[pointKey]int64{}, taken: begin}
	rate := r.rate(key, math.MaxInt64, begin.Add(time.Second))
	_, err := json.Marshal(Driver{SentRate: rate})
	require.NoError(t, err)
	require.InEpsilon(t, math.Pow(2, 64), *rate, 1e-9, "what grows has no rate below 0")
}

func TestCut_neverSplitsACharacter(t *testing.T) {
	full := strings.Repeat("x", maxText)
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"as long as may be", full, full},
		{"one more", full + "y", full + "…"},
		{"a character over the edge", full[1:] + "é", full[1:] + "…"},
		{"four bytes over the edge", full[3:] + "\U0001F600 and more", full[3:] + "…"},
		{"a character right before it", full[2:] + "é" + "z", full[2:] + "é…"},
	} {
		got := cut(test.text)
		require.Equal(t, test.want, got, test.name)
		require.True(t, utf8.ValidString(got), test.name)
	}
	// What a damaged file holds need not be text at all.
	require.Equal(t, "…", cut(strings.Repeat("\x80", maxText+1)))
}

func TestMomentAndAge(t *testing.T) {
	now := time.Now()
	require.Nil(t, moment(time.Time{}))
	require.Equal(t, now, *moment(now))
	require.Nil(t, age(now, time.Time{}), "what never was has no age")
	require.EqualValues(t, 1500, *age(now, now.Add(-1500*time.Millisecond)))
	require.EqualValues(t, 0, *age(now, now))
	require.EqualValues(t, -2000, *age(now, now.Add(2*time.Second)), "two machines' clocks differ, and that is to be seen")
}

func TestRemedy_saysWhatToDo(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{stats.ErrNotFound, "this page will show one as soon as it does"},
		{stats.ErrNotReady, "may be about to start"},
		{&fs.PathError{Op: "open", Path: "/dir/cnc.dat", Err: fs.ErrPermission}, "run this as the driver's user"},
	} {
		wrapped := fmt.Errorf("opening: %w", test.err)
		got := remedy(wrapped)
		require.Contains(t, got, test.want)
		require.True(t, strings.HasPrefix(got, wrapped.Error()), "the error itself comes first: %s", got)
	}
	require.Equal(t, "boom", remedy(errors.New("boom")), "no advice where there is none")
}

// A rate over the gap between two drivers would be a fable.
func TestRead_anotherDriverBeginsAnew(t *testing.T) {
	dir := cnctest.Dir(t)
	spec := cnctest.Valid(time.Now())
	spec.Write(t, dir)
	r := reader{dir: dir}
	require.Nil(t, r.read().Driver.SentRate, "the first reading")
	r.taken = r.taken.Add(-time.Second) // so that the test need not wait
	second := r.read()
	require.NotNil(t, second.Driver.SentRate)
	require.Zero(t, *second.Driver.SentRate)

	spec.PID++
	spec.StartMillis++
	spec.Write(t, dir)
	r.taken = r.taken.Add(-time.Second)
	other := r.read()
	require.Equal(t, spec.PID, other.Driver.PID)
	require.Nil(t, other.Driver.SentRate)
	require.Nil(t, other.Driver.ReceivedRate)
}

func TestRead_afterAFailureBeginsAnew(t *testing.T) {
	dir := cnctest.Dir(t)
	spec := cnctest.Valid(time.Now())
	spec.Write(t, dir)
	r := reader{dir: dir}
	require.Empty(t, r.read().Problem)
	cnctest.WriteBytes(t, dir, nil)
	failed := r.read()
	require.NotEmpty(t, failed.Problem)
	require.Nil(t, failed.Driver)
	require.False(t, failed.Alive)
	require.WithinDuration(t, time.Now(), failed.Taken, time.Minute)
	spec.Write(t, dir)
	r.taken = r.taken.Add(-time.Second)
	again := r.read()
	require.Empty(t, again.Problem)
	require.Nil(t, again.Driver.SentRate, "nobody knows what was meanwhile")
}

// What there is no row for is counted.
func TestRead_countsTheEntriesThatItDoesNotShow(t *testing.T) {
	dir := cnctest.Dir(t)
	cnctest.Valid(time.Now()).Write(t, dir)
	entry := make([]byte, 64)
	entry[0], entry[8] = 1, 64 // observations, bytes
	for _, test := range []struct{ all, shown, others int }{{0, 0, 0}, {maxEntries, maxEntries, 0}, {maxEntries + 7, maxEntries, 7}} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, stats.LossReportFile), bytes.Repeat(entry, test.all), 0o600))
		s := (&reader{dir: dir}).read()
		require.Len(t, s.Loss, test.shown)
		require.Equal(t, test.others, s.OtherLoss)
	}
	failure := make([]byte, 32)
	failure[0], failure[4] = 32, 1 // its length, and how often
	copy(failure[24:], "a failure")
	b := cnctest.Valid(time.Now()).Bytes()
	h, err := cncfile.DecodeHeader(b, int64(len(b)))
	require.NoError(t, err)
	copy(b[h.ErrorLogOffset():], bytes.Repeat(failure, maxEntries+3))
	cnctest.WriteBytes(t, dir, b)
	s := (&reader{dir: dir}).read()
	require.Empty(t, s.Problem)
	require.Len(t, s.Errors, maxEntries)
	require.Equal(t, 3, s.OtherErrors)
}

func TestState_isJSONWhateverTheDirectoryIsCalled(t *testing.T) {
	for _, dir := range []string{"/nowhere/\xff\xfe", "/nowhere/a\nb", `/nowhere/"</script>`, ""} {
		text := New(dir, time.Second).state()
		require.NotContains(t, string(text), "\n", "an event ends at a line break")
		require.NotContains(t, string(text), "<")
		var s State
		require.NoError(t, json.Unmarshal(text, &s))
		require.Equal(t, strings.ToValidUTF8(dir, "\uFFFD"), s.Dir)
		require.NotEmpty(t, s.Problem)
		for name, list := range map[string]any{"streams": s.Streams, "clients": s.Clients, "errors": s.Errors, "loss": s.Loss} {
			require.NotNil(t, list, "%s: the page iterates over it", name)
		}
	}
}
