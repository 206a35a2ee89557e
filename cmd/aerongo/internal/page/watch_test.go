package page

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
)

func taken(t *testing.T, states <-chan []byte) string {
	t.Helper()
	select {
	case s := <-states:
		return string(s)
	default:
		return ""
	}
}

func TestPublish_whoIsLateGetsTheLatestOnly(t *testing.T) {
	p := New("nowhere", time.Hour)
	p.publish([]byte("nobody watches"))
	late, leaveLate, ok := p.watch()
	require.True(t, ok)
	defer leaveLate()
	require.Equal(t, "nobody watches", taken(t, late), "a state that is not old yet is given at once")
	prompt, leavePrompt, ok := p.watch()
	require.True(t, ok)
	taken(t, prompt)
	for _, state := range []string{"1", "2", "3"} {
		p.publish([]byte(state))
		require.Equal(t, state, taken(t, prompt))
	}
	require.Equal(t, "3", taken(t, late))
	require.Empty(t, taken(t, late))
	leavePrompt()
	leavePrompt() // twice is once
	p.publish([]byte("4"))
	require.Empty(t, taken(t, prompt))
	require.Equal(t, "4", taken(t, late))
	require.Equal(t, 1, p.watched())
}

func TestWatch_givesNoStateThatIsOld(t *testing.T) {
	p := New("nowhere", time.Minute)
	states, leave, ok := p.watch()
	require.True(t, ok)
	require.Empty(t, taken(t, states), "there is none")
	leave()
	p.publish([]byte("old"))
	p.made = p.made.Add(-time.Hour)
	states, leave, ok = p.watch()
	require.True(t, ok)
	defer leave()
	require.Empty(t, taken(t, states))
}

func TestSnapshot_readsOnceInAnInterval(t *testing.T) {
	dir := cnctest.Dir(t)
	p := New(dir, time.Hour)
	first := p.snapshot()
	cnctest.Valid(time.Now()).Write(t, dir)
	require.Equal(t, first, p.snapshot(), "however many ask")
	p.made = p.made.Add(-2 * time.Hour)
	states, leave, ok := p.watch()
	require.True(t, ok)
	defer leave()
	second := p.snapshot()
	require.NotEqual(t, first, second)
	require.Equal(t, string(second), taken(t, states), "those who watch get it too")
}

func TestRun_readsNothingWhileNobodyWatchesAndEnds(t *testing.T) {
	p := New("nowhere", time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	states, leave, ok := p.watch()
	require.True(t, ok)
	for range 3 {
		require.Contains(t, string(<-states), "nowhere")
	}
	leave()
	cancel()
	<-done

	idle := New("nowhere", time.Nanosecond)
	idle.Run(ctx) // which has ended: returns, and has not read
	require.Nil(t, idle.latest)
}

// broken is a browser's connection that fails at its n-th write.
type broken struct {
	*httptest.ResponseRecorder
	left int
}

var errBroken = errors.New("the connection is gone")

func (b *broken) SetWriteDeadline(time.Time) error { return nil }

func (b *broken) Write(text []byte) (int, error) {
	if b.left--; b.left < 0 {
		return 0, errBroken
	}
	return b.ResponseRecorder.Write(text)
}

func TestEvents_aBrokenConnectionGivesItsPlaceBack(t *testing.T) {
	for writes := range 3 {
		p := New("nowhere", time.Hour)
		p.publish([]byte("{}"))
		w := &broken{httptest.NewRecorder(), writes}
		p.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/events", http.NoBody)) // returns at the first failure
		require.Zero(t, p.watched())
		require.Equal(t, []string{"", "data: ", "data: {}"}[writes], w.Body.String())
		require.Equal(t, policy, w.Header().Get("Content-Security-Policy"))
	}
}

// Without a deadline, one browser that does not read would keep its place for ever.
func TestEvents_nothingIsSentWhereNoDeadlineCanBeSet(t *testing.T) {
	p := New("nowhere", time.Hour)
	p.publish([]byte("{}"))
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/events", http.NoBody))
	require.Empty(t, w.Body.String())
	require.Zero(t, p.watched())
}
