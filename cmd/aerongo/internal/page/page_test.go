package page_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/cmd/aerongo/internal/page"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

// serve runs a page of a directory until the test ends.
func serve(t *testing.T, dir string) *httptest.Server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := page.New(dir, 5*time.Millisecond)
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	server := httptest.NewUnstartedServer(p.Handler())
	server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	server.Start()
	t.Cleanup(func() {
		cancel()
		server.Close() // waits for those that watch
		<-done
	})
	return server
}

// stateOf asks for one state.
func stateOf(t *testing.T, server *httptest.Server) (s page.State) {
	t.Helper()
	r, err := server.Client().Get(server.URL + "/state")
	require.NoError(t, err)
	defer r.Body.Close()
	require.Equal(t, http.StatusOK, r.StatusCode)
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&s))
	return s
}

// watch gives the states that a browser gets.
func watch(t *testing.T, server *httptest.Server) (next func() page.State, leave func()) {
	t.Helper()
	r, err := server.Client().Get(server.URL + "/events")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Equal(t, "text/event-stream", r.Header.Get("Content-Type"))
	lines := bufio.NewReader(r.Body)
	return func() (s page.State) {
		t.Helper()
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		data, ok := strings.CutPrefix(line, "data: ")
		require.True(t, ok, line)
		require.NoError(t, json.Unmarshal([]byte(data), &s))
		line, err = lines.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "\n", line, "an event ends with an empty line")
		return s
	}, func() { require.NoError(t, r.Body.Close()) }
}

func TestFiles_areOurOwnAndTheBrowserMayLoadNothingElse(t *testing.T) {
	server := serve(t, testdriver.Dir(t))
	for path, kind := range map[string]string{"/": "text/html", "/app.js": "text/javascript", "/style.css": "text/css", "/icon.svg": "image/svg+xml"} {
		r, err := server.Client().Get(server.URL + path)
		require.NoError(t, err)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.NoError(t, r.Body.Close())
		require.Equal(t, http.StatusOK, r.StatusCode, path)
		require.Contains(t, r.Header.Get("Content-Type"), kind)
		require.Contains(t, r.Header.Get("Content-Security-Policy"), "default-src 'none'")
		text := strings.ReplaceAll(string(body), "http://www.w3.org/2000/svg", "") // a name, not an address
		require.NotContains(t, text, "http://")
		require.NotContains(t, text, "https://")
		require.NotContains(t, text, "innerHTML")
	}
	r, err := server.Client().Get(server.URL + "/../page.go")
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	require.Equal(t, http.StatusNotFound, r.StatusCode)
}

func TestState_whatCannotBeRead(t *testing.T) {
	dir := filepath.Join(cnctest.Dir(t), "later")
	server := serve(t, dir)
	s := stateOf(t, server)
	require.False(t, s.Alive)
	require.Nil(t, s.Driver)
	require.Equal(t, dir, s.Dir)
	require.Contains(t, s.Problem, "no driver has run there")
	require.NotNil(t, s.Streams, "a page can iterate over it")

	require.NoError(t, os.Mkdir(dir, 0o700))
	cnctest.Starting().Write(t, dir)
	testdriver.Await(t, "a driver that starts", func() bool { return strings.Contains(stateOf(t, server).Problem, "about to start") })
	cnctest.WriteBytes(t, dir, []byte("no such file"))
	testdriver.Await(t, "a file that is too short", func() bool {
		return strings.Contains(stateOf(t, server).Problem, "cnc.dat") && stateOf(t, server).Driver == nil
	})
	cnctest.Closed().Write(t, dir)
	testdriver.Await(t, "a driver that has closed", func() bool { s := stateOf(t, server); return s.Driver != nil && s.Driver.Closed && !s.Alive })
	cnctest.Valid(time.Now().Add(-time.Hour)).Write(t, dir)
	testdriver.Await(t, "a driver that has died", func() bool {
		s := stateOf(t, server)
		return s.Driver != nil && !s.Alive && s.Driver.HeartbeatAgeMS != nil && *s.Driver.HeartbeatAgeMS > 3_000_000
	})
	cnctest.Valid(time.Now()).Write(t, dir)
	testdriver.Await(t, "a driver that lives", func() bool { s := stateOf(t, server); return s.Alive && s.Problem == "" })
}

func TestState_takesAnyDamage(t *testing.T) {
	dir := cnctest.Dir(t)
	server := serve(t, dir)
	whole := cnctest.Valid(time.Now()).Bytes()
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		b := append([]byte(nil), whole...)
		for range 1 + random.IntN(500) {
			b[random.IntN(len(b))] = byte(random.Uint32())
		}
		cnctest.WriteBytes(t, dir, b[:len(b)-random.IntN(len(b)/8)])
		require.Equal(t, dir, stateOf(t, server).Dir)
	}
}

func TestEvents_tellOfStreams(t *testing.T) {
	ctx := testdriver.Context(t)
	drv, err := aeron.Open(aeron.Config{Directory: testdriver.Dir(t), Threading: aeron.Shared, TermLength: 64 << 10, IPCTermLength: 64 << 10, ClientName: "feed"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	require.NoError(t, drv.Start(ctx))
	channel := testdriver.UDP(t)
	sub, err := drv.AddSubscription(ctx, channel, 10)
	require.NoError(t, err)
	pub, err := drv.AddExclusivePublication(ctx, channel, 10)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	require.NoError(t, pub.Publish(ctx, make([]byte, 96)))

	server := serve(t, drv.Dir())
	next, leave := watch(t, server)
	defer leave()
	deadline := time.Now().Add(testdriver.Patience)
	var s page.State
	for {
		s = next()
		if len(s.Streams) == 1 && s.Streams[0].Lag != nil && *s.Streams[0].Lag == 128 && *s.Streams[0].Position == 128 && s.Streams[0].Subscribers[0].Client != "" {
			break
		}
		require.True(t, time.Now().Before(deadline), "%+v", s)
	}
	st := s.Streams[0]
	require.True(t, s.Alive)
	require.Equal(t, aeron.Version(), s.Driver.AeronVersion)
	require.Equal(t, int64(os.Getpid()), s.Driver.PID)
	require.Equal(t, channel, st.Channel)
	require.Equal(t, int32(10), st.StreamID)
	require.Zero(t, *st.Gap)
	require.Zero(t, *st.Lost)
	require.Len(t, st.Subscribers, 1)
	require.Equal(t, "feed", st.Subscribers[0].Client)
	require.Equal(t, int64(128), st.Subscribers[0].Lag)
	require.Len(t, s.Clients, 1)

	// A browser that is slow misses states, and with one of them what grew in it.
	for grew := false; !grew; {
		for read := 0; read == 0; {
			read, err = sub.Poll(func(aeron.Fragment) {}, 10)
			require.NoError(t, err)
		}
		require.NoError(t, pub.Publish(ctx, make([]byte, 96)))
		s = next()
		rate := s.Streams[0].Subscribers[0].Rate
		grew = rate != nil && *rate > 0
		require.True(t, time.Now().Before(deadline), "reading is a rate: %+v", s)
	}
	for *s.Streams[0].Lag != 0 || s.Driver.SentRate == nil {
		_, err = sub.Poll(func(aeron.Fragment) {}, 10)
		require.NoError(t, err)
		s = next()
		require.True(t, time.Now().Before(deadline), "%+v", s)
	}
}

func TestEvents_manyWatchAndTheRestIsToldToComeAgain(t *testing.T) {
	dir := cnctest.Dir(t)
	cnctest.Valid(time.Now()).Write(t, dir)
	server := serve(t, dir)
	leaves := make([]func(), page.MaxWatchers)
	for i := range leaves {
		next, leave := watch(t, server)
		leaves[i] = leave
		require.Equal(t, dir, next().Dir)
	}
	ask := func() int {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/events", http.NoBody)
		require.NoError(t, err)
		r, err := server.Client().Do(request)
		require.NoError(t, err)
		defer r.Body.Close()
		if r.StatusCode == http.StatusServiceUnavailable {
			require.NotEmpty(t, r.Header.Get("Retry-After"))
		}
		return r.StatusCode
	}
	require.Equal(t, http.StatusServiceUnavailable, ask())
	leaves[0]()
	testdriver.Await(t, "a free place", func() bool { return ask() == http.StatusOK })
	for _, leave := range leaves[1:] {
		leave()
	}
}

func TestEvents_oneThatDoesNotReadHoldsUpNobody(t *testing.T) {
	dir := cnctest.Dir(t)
	cnctest.Valid(time.Now()).Write(t, dir)
	server := serve(t, dir)
	stuck, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer stuck.Close()
	require.NoError(t, stuck.(*net.TCPConn).SetReadBuffer(1024))
	_, err = fmt.Fprintf(stuck, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	next, leave := watch(t, server)
	defer leave()
	last := next().Taken
	for range 500 {
		taken := next().Taken
		require.True(t, taken.After(last))
		last = taken
	}
}

// The server's time for an answer is for those that have an end.
func TestEvents_goOnBeyondTheTimeForAnAnswer(t *testing.T) {
	dir := cnctest.Dir(t)
	cnctest.Valid(time.Now()).Write(t, dir)
	p := page.New(dir, time.Hour)
	server := httptest.NewUnstartedServer(p.Handler())
	server.Config.WriteTimeout = 20 * time.Millisecond
	server.Start()
	defer server.Close()
	next, leave := watch(t, server)
	defer leave()
	began := time.Now()
	for range 3 {
		testdriver.Await(t, "the end of the time for an answer", func() bool { return time.Since(began) > 2*server.Config.WriteTimeout })
		began = time.Now()
		p.Publish([]byte(`{"dir":"still here"}`))
		require.Equal(t, "still here", next().Dir)
	}
}

func TestEvents_aQuestionForTheHeadEnds(t *testing.T) {
	server := serve(t, testdriver.Dir(t))
	r, err := server.Client().Head(server.URL + "/events")
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	require.Equal(t, http.StatusOK, r.StatusCode)
}
