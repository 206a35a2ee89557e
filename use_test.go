package aeron_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func inUse(t *testing.T, d *aeron.Driver) bool {
	t.Helper()
	used, err := d.IsInUse()
	require.NoError(t, err)
	return used
}

func TestIsInUse_byAnotherHandle(t *testing.T) {
	cfg := config(t)
	d := open(t, cfg)
	require.False(t, inUse(t, d))
	require.Equal(t, 1, d.Users())
	other := open(t, cfg)
	require.True(t, inUse(t, d), "though nothing runs")
	require.True(t, inUse(t, other))
	require.Equal(t, 2, d.Users())
	require.ErrorIs(t, d.CloseIfSingle(), aeron.ErrInUse)
	require.False(t, d.Closed())
	require.NoError(t, other.Close())
	require.False(t, inUse(t, d))
	require.NoError(t, d.CloseIfSingle())
	require.True(t, d.Closed())
	require.NoError(t, d.CloseIfSingle(), "twice is as good as once")
	require.Zero(t, d.Users())
}

// A handle that is closed is none of the users: whoever is left is another.
func TestIsInUse_ofAClosedHandle(t *testing.T) {
	cfg := config(t)
	d, other := open(t, cfg), open(t, cfg)
	require.NoError(t, d.Close())
	require.True(t, inUse(t, d), "by the other one")
	require.False(t, inUse(t, other))
	require.NoError(t, d.CloseIfSingle(), "it is closed already, whoever is left")
	third := open(t, cfg)
	require.ErrorIs(t, other.CloseIfSingle(), aeron.ErrInUse)
	require.NoError(t, third.Close())
	require.NoError(t, other.CloseIfSingle())
	require.False(t, inUse(t, d))
}

func TestIsInUse_byWhatIsOpen(t *testing.T) {
	d := start(t, config(t))
	ctx := testdriver.Context(t)
	require.False(t, inUse(t, d))
	for name, add := range map[string]func() (interface{ Close() error }, error){
		"publication":  func() (interface{ Close() error }, error) { return d.AddPublication(ctx, "aeron:ipc", 1) },
		"exclusive":    func() (interface{ Close() error }, error) { return d.AddExclusivePublication(ctx, "aeron:ipc", 2) },
		"subscription": func() (interface{ Close() error }, error) { return d.AddSubscription(ctx, "aeron:ipc", 3) },
		"counter":      func() (interface{ Close() error }, error) { return d.AddCounter(ctx, 2000, nil, "in use") },
	} {
		one, err := add()
		require.NoError(t, err)
		require.True(t, inUse(t, d), name)
		err = d.CloseIfSingle()
		require.ErrorIs(t, err, aeron.ErrInUse)
		require.ErrorContains(t, err, "1 publications, subscriptions and counters in this process")
		require.NoError(t, one.Close())
		require.NoError(t, one.Close(), "a second time counts nothing")
		require.False(t, inUse(t, d), name)
	}
}

func TestIsInUse_byAClientOfAnotherProcess(t *testing.T) {
	d := start(t, config(t))
	require.False(t, inUse(t, d))
	c, err := aeronc.NewContext()
	require.NoError(t, err)
	require.NoError(t, c.SetDir(d.Dir()))
	client, err := aeronc.Connect(c) // as another process would
	require.NoError(t, err)
	_, err = client.AddSubscription(testdriver.Context(t), "aeron:ipc", 1) // the driver hears of it with its first command
	require.NoError(t, err)
	testdriver.Await(t, "the driver to know the client", func() bool { return inUse(t, d) })
	err = d.CloseIfSingle()
	require.ErrorIs(t, err, aeron.ErrInUse)
	require.ErrorContains(t, err, "1 clients of other processes")
	require.NoError(t, client.Close())
	testdriver.Await(t, "the driver to forget it", func() bool { return !inUse(t, d) })
	require.NoError(t, d.CloseIfSingle())
	require.NoDirExists(t, d.Dir())
}

func TestUse(t *testing.T) {
	cfg := config(t)
	boom := errors.New("boom")
	d := open(t, cfg)
	require.ErrorIs(t, d.Use(func(same *aeron.Driver) error {
		require.Same(t, d, same)
		require.NoError(t, same.Start(testdriver.Context(t)))
		return boom
	}), boom)
	require.True(t, d.Closed())
	require.NoDirExists(t, cfg.Directory)
	require.NoError(t, open(t, cfg).Use(func(*aeron.Driver) error { return nil }))
	require.ErrorIs(t, open(t, cfg).Use(nil), aeron.ErrInvalidArgument)
	require.False(t, aeron.IsLoaded(cfg))
}

func TestUse_closesHoweverItIsLeft(t *testing.T) {
	cfg := config(t)
	d := open(t, cfg)
	require.PanicsWithValue(t, "out", func() { _ = d.Use(func(*aeron.Driver) error { panic("out") }) })
	require.False(t, aeron.IsLoaded(cfg))
	d = open(t, cfg)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = d.Use(func(*aeron.Driver) error { runtime.Goexit(); return nil })
	}()
	<-done
	require.False(t, aeron.IsLoaded(cfg))
}

func TestNewIfClosed(t *testing.T) {
	cfg := config(t)
	cfg.UniqueDirectory = true
	d := start(t, cfg)
	same, err := d.NewIfClosed()
	require.NoError(t, err)
	require.Same(t, d, same)
	require.NoError(t, d.Close())
	fresh, err := d.NewIfClosed()
	require.NoError(t, err)
	defer func() { require.NoError(t, fresh.Close()) }()
	require.NotSame(t, d, fresh)
	require.Equal(t, d.Dir(), fresh.Dir(), "the same directory, though it was chosen by chance")
	require.NoError(t, fresh.Start(testdriver.Context(t)))
}

func TestDeleteDirectory(t *testing.T) {
	cfg := config(t)
	cfg.KeepDirectory = true
	d := start(t, cfg)
	err := d.DeleteDirectory()
	require.ErrorIs(t, err, aeron.ErrDriverActive)
	require.DirExists(t, cfg.Directory)
	require.Equal(t, 1, d.Users(), "it leaves no user behind")
	require.NoError(t, d.Close())
	require.DirExists(t, cfg.Directory)
	foreign := filepath.Join(cfg.Directory, "precious")
	require.NoError(t, os.WriteFile(foreign, []byte("x"), 0o600))
	require.ErrorIs(t, d.DeleteDirectory(), aeron.ErrDirectoryRefused)
	require.FileExists(t, foreign)
	require.FileExists(t, filepath.Join(cfg.Directory, "cnc.dat"))
	require.NoError(t, os.Remove(foreign))
	require.NoError(t, d.DeleteDirectory())
	require.NoDirExists(t, cfg.Directory)
	require.NoError(t, d.DeleteDirectory())
	require.True(t, aeron.AllClosed())
}

func TestDeleteDirectory_ofALivingDriverElsewhere(t *testing.T) {
	dir := testdriver.Dir(t)
	startIn(t, dir)
	d := open(t, aeron.Config{External: true, Directory: dir})
	require.ErrorIs(t, d.DeleteDirectory(), aeron.ErrDriverActive, "though it is not connected")
	require.NoError(t, d.Start(testdriver.Context(t)))
	require.ErrorIs(t, d.DeleteDirectory(), aeron.ErrDriverActive)
	require.NoError(t, d.Close())
	require.ErrorIs(t, d.DeleteDirectory(), aeron.ErrDriverActive, "it was never ours")
	require.FileExists(t, filepath.Join(dir, "cnc.dat"))
}

func TestTimeouts_areWhatTheDriverRunsWith(t *testing.T) {
	cfg := config(t)
	cfg.LingerTimeout, cfg.PublicationConnectionTimeout, cfg.DriverTimeout = 2*time.Second, 3*time.Second, 4*time.Second
	cfg.Settings = "publication_linger_timeout_ns=6s"
	d := start(t, cfg)
	require.Equal(t, 6*time.Second, d.LingerTimeout())
	require.Equal(t, 3*time.Second, d.PublicationConnectionTimeout())
	require.Equal(t, 4*time.Second, d.DriverTimeout())
	require.NoError(t, d.Close())
	require.Equal(t, 3*time.Second, d.PublicationConnectionTimeout())
}

func TestDelayLinger(t *testing.T) {
	cfg := config(t)
	cfg.DriverTimeout, cfg.LingerTimeout = 3*time.Second, 4*time.Second // of which a busy machine may take a part
	d := start(t, cfg)
	ctx := testdriver.Context(t)
	require.NoError(t, d.DelayLinger(canceled()), "nothing was closed")
	p, err := d.AddPublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	begin := time.Now()
	require.NoError(t, p.Close())
	err = d.DelayLinger(canceled())
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "are left")
	require.NoError(t, d.DelayLinger(ctx))
	require.GreaterOrEqual(t, time.Since(begin), cfg.LingerTimeout)
	require.NoError(t, p.Close())
	require.NoError(t, d.DelayLinger(canceled()), "it has passed, and a second Close closes nothing")
}

func TestTerminationRequested(t *testing.T) {
	cfg := config(t)
	cfg.AllowTermination = true
	d := open(t, cfg)
	require.Nil(t, d.TerminationRequested())
	require.NoError(t, d.Start(testdriver.Context(t)))
	require.NoError(t, aeronc.RequestDriverTermination(d.Dir(), nil))
	select {
	case <-d.TerminationRequested():
	case <-testdriver.Context(t).Done():
		require.FailNow(t, "the request was not heard of")
	}
	require.NoError(t, d.Close())
	require.Nil(t, d.TerminationRequested())
}

func TestAllowShared_usesAndLeavesAnotherProcessesDriver(t *testing.T) {
	cfg := config(t)
	running := startIn(t, cfg.Directory)
	alone := open(t, cfg)
	require.ErrorIs(t, alone.Start(testdriver.Context(t)), aeron.ErrDriverActive)
	require.NoError(t, alone.Close())

	cfg.AllowShared = true
	d := start(t, cfg)
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	connect(t, d, p)
	require.NotContains(t, d.ContextInfo(), "driver.")
	require.NoError(t, d.Close())
	require.FileExists(t, filepath.Join(cfg.Directory, "cnc.dat"))
	isRunning, err := aeron.IsRunning(cfg)
	require.NoError(t, err)
	require.True(t, isRunning, "it is not ours to stop")

	// Without one it runs its own, in the remains of the other.
	require.NoError(t, running.Close())
	own := start(t, cfg)
	require.Contains(t, own.ContextInfo(), "driver.")
	require.NoError(t, own.Close())
	require.NoDirExists(t, cfg.Directory)
}

// What a driver that died while it started has left cannot be told from one that is starting, for some seconds.
func TestStart_triesAgainWhileTheDirectoryCannotBeJudged(t *testing.T) {
	cfg := config(t)
	require.NoError(t, os.MkdirAll(cfg.Directory, 0o700))
	cnc := filepath.Join(cfg.Directory, "cnc.dat")
	require.NoError(t, os.WriteFile(cnc, nil, 0o600))
	once := cfg
	once.StartAttempts = 1
	d := open(t, once)
	require.ErrorIs(t, d.Start(testdriver.Context(t)), aeron.ErrDriverActive)
	require.NoError(t, d.Close())
	d = open(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err := d.Start(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, aeron.ErrDriverActive, "and why it waited")
	started := make(chan error, 1)
	go func() { started <- d.Start(testdriver.Context(t)) }()
	long := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(cnc, long, long), "those seconds have passed")
	require.NoError(t, <-started)
}

func TestContextInfo(t *testing.T) {
	cfg := config(t)
	cfg.Settings = "socket_tos=8"
	d := open(t, cfg)
	before := d.ContextInfo()
	require.NoError(t, d.Start(testdriver.Context(t)))
	text := d.ContextInfo()
	for _, line := range []string{
		"driver.dir=" + cfg.Directory, "driver.term_buffer_length=65536", "driver.threading_mode=SHARED", "driver.socket_tos=8",
		"driver.publication_linger_timeout_ns=5s", "client.driver_timeout_ms=10s", "client.client_name=default", "client.dir=" + cfg.Directory,
	} {
		require.Contains(t, text, line+"\n")
		require.Contains(t, before, line+"\n", "before Start")
	}
	require.NoError(t, d.Close())
	require.Contains(t, d.ContextInfo(), "driver.mtu_length=1408\n", "what it would run with again")
}

func ExampleDriver_Use() {
	drv, err := aeron.Open(aeron.Config{AppID: "example-use", UniqueDirectory: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = drv.Use(func(drv *aeron.Driver) error {
		if err := drv.Start(context.Background()); err != nil {
			return err
		}
		running, err := aeron.IsRunning(drv.Config())
		fmt.Println("running:", running)
		return err
	})
	fmt.Println("closed:", drv.Closed(), err)
	// Output:
	// running: true
	// closed: true <nil>
}
