package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

// driverOptions are the flags of aerongo driver.
type driverOptions struct {
	dir              string
	threading        string
	deleteOnStart    bool
	deleteOnShutdown bool
	allowTermination bool
	fromEnv          bool
	asJSON           bool
	given            func(flag string) bool
}

func driverCommand(std streams) *cobra.Command {
	o := driverOptions{}
	cmd := &cobra.Command{
		Use:   "driver",
		Short: "Run a media driver",
		Long: `driver runs Aeron's C media driver until SIGINT, SIGTERM or a termination request that is allowed.

Once clients can connect it prints one line: ready dir=DIR pid=PID. What a dead driver left in DIR is removed; of one that was killed
that is possible once it has been silent for the driver timeout, 10 s by default, which is waited for. A directory with anything else in
it is refused, and so is one where a driver lives, even with --delete-on-start.

With --from-env it is a drop-in for aeronmd: everything comes from AERON_* variables, and flags that are given win. AERON_EVENT_LOG
and its like are ignored, since the agent behind them can end the process.`,
		Example: `  aerongo driver --dir /dev/shm/my-driver --delete-on-shutdown
  aerongo driver --threading dedicated
  AERON_DIR=/dev/shm/my-driver AERON_TERM_BUFFER_LENGTH=1m aerongo driver --from-env`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.given = cmd.Flags().Changed
			return runDriver(cmd.Context(), o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.dir, "dir", "", "the driver's directory (default $AERON_DIR, else Aeron's own)")
	f.StringVar(&o.threading, "threading", aeron.SharedNetwork.String(), "shared, shared-network or dedicated")
	f.BoolVar(&o.deleteOnStart, "delete-on-start", false, "remove what a dead driver left without keeping a report of its errors")
	f.BoolVar(&o.deleteOnShutdown, "delete-on-shutdown", false, "remove the directory at the end")
	f.BoolVar(&o.allowTermination, "allow-termination", false, "let other processes ask the driver to end")
	f.BoolVar(&o.fromEnv, "from-env", false, "take every setting from AERON_* as aeronmd does")
	f.BoolVar(&o.asJSON, "json", false, `print {"dir","pid","version"} when ready`)
	return cmd
}

func runDriver(ctx context.Context, o driverOptions, std streams) (err error) {
	threading, err := aeron.ParseThreadingMode(o.threading)
	if err != nil {
		return usagef("--threading %s: must be shared, shared-network or dedicated", o.threading)
	}
	if o.given("dir") && (o.dir == "" || strings.ContainsRune(o.dir, 0)) {
		return usagef("--dir %q: name a directory", o.dir)
	}
	if o.fromEnv {
		if ignored := eventLogVariables(os.Environ()); len(ignored) > 0 {
			fmt.Fprintf(std.err, "aerongo: warning: ignored %s: the logging agent behind it can end the process\n", strings.Join(ignored, ", "))
		}
	}
	settings, driver, err := startWhenFree(ctx, func() (*aeronc.DriverContext, error) { return driverContext(o, threading) }, std)
	if err != nil {
		return err
	}
	defer closing(&err, driver.Close)
	failed := make(chan error, 1)
	if settings.ThreadingMode() == aeronc.ThreadingInvoker {
		stop := stepDriver(driver, failed)
		defer stop()
	}
	if err := awaitReady(ctx, driver.Dir()); err != nil {
		return err
	}
	if err := announce(o, driver.Dir(), std); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case <-driver.TerminationRequested():
		return nil
	case err := <-failed:
		return err
	}
}

// freeLook is how often a directory is looked at that a killed driver has left.
const freeLook = 200 * time.Millisecond

// startWhenFree starts a driver, once the directory is free if another's has been killed there. One whose process is not here and whose
// heartbeat goes on lives in another container, and is refused like any other.
func startWhenFree(ctx context.Context, settingsOf func() (*aeronc.DriverContext, error), std streams) (*aeronc.DriverContext, *aeronc.Driver, error) {
	var last time.Time
	for {
		settings, err := settingsOf()
		if err != nil {
			return nil, nil, err
		}
		driver, err := aeronc.StartDriver(settings)
		if err == nil {
			return settings, driver, nil
		}
		dir := settings.Dir()
		if closeErr := settings.Close(); closeErr != nil {
			return nil, nil, errors.Join(err, closeErr)
		}
		var killed *mediadir.KilledError
		switch {
		case !errors.As(err, &killed):
			return nil, nil, err
		case last.IsZero():
			fmt.Fprintf(std.err, "aerongo: the driver in %s (pid %d) was killed, it seems: starting in %v, when it counts as dead\n",
				dir, killed.PID, killed.FreeIn.Round(time.Second/10))
			last = killed.Heartbeat
		case !killed.Heartbeat.Equal(last):
			return nil, nil, fmt.Errorf("the driver in %s lives, in another container: its heartbeat goes on: %w", dir, err)
		}
		if err := wait(ctx, min(freeLook, killed.FreeIn+time.Millisecond)); err != nil {
			return nil, nil, err
		}
	}
}

// driverContext makes the driver's settings of the flags, and of the environment if asked to.
func driverContext(o driverOptions, threading aeron.ThreadingMode) (*aeronc.DriverContext, error) {
	if !o.fromEnv {
		dir := o.dir
		if dir == "" {
			dir = defaultDir()
		}
		c, err := aeron.Config{
			Directory: dir, Threading: threading, KeepDirectory: !o.deleteOnShutdown, AllowTermination: o.allowTermination,
		}.DriverContext()
		if err != nil {
			return nil, err
		}
		if err := c.SetDeleteOnStart(o.deleteOnStart); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		return c, nil
	}
	c, err := aeronc.NewDriverContextFromEnv()
	if err != nil {
		return nil, err
	}
	modes := map[aeron.ThreadingMode]aeronc.ThreadingMode{
		aeron.Shared: aeronc.ThreadingShared, aeron.SharedNetwork: aeronc.ThreadingSharedNetwork, aeron.Dedicated: aeronc.ThreadingDedicated,
	}
	for _, setting := range []struct {
		wanted bool
		set    func() error
	}{
		{o.given("dir"), func() error { return c.SetDir(o.dir) }},
		{!o.given("dir") && os.Getenv("AERON_DIR") == "", func() error { return c.SetDir(mediadir.AeronDefaultDir()) }},
		{o.given("threading"), func() error { return c.SetThreadingMode(modes[threading]) }},
		{o.given("delete-on-start"), func() error { return c.SetDeleteOnStart(o.deleteOnStart) }},
		{o.given("delete-on-shutdown"), func() error { return c.SetDeleteOnShutdown(o.deleteOnShutdown) }},
		{o.given("allow-termination"), func() error { return c.SetAllowTermination(o.allowTermination) }},
	} {
		if !setting.wanted {
			continue
		}
		if err := setting.set(); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// eventLogVariables are the variables of the logging agent that are set.
func eventLogVariables(environ []string) []string {
	var names []string
	for _, pair := range environ {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AERON_EVENT_LOG") {
			names = append(names, name)
		}
	}
	return names
}

// stepDriver runs the duty cycle of a driver that has no threads of its own.
func stepDriver(driver *aeronc.Driver, failed chan<- error) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		wait := idle.Backoff()
		for {
			select {
			case <-quit:
				return
			default:
			}
			n, err := driver.DoWork()
			if err != nil {
				failed <- err
				return
			}
			wait.Idle(n)
		}
	}()
	return func() { close(quit); <-done }
}

// readyTime is how long a driver that has started may take until clients can connect.
const readyTime = 10 * time.Second

// awaitReady waits until a client would find the driver.
func awaitReady(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTime, fmt.Errorf("the driver in %s has started and shows no sign of life after %v", dir, readyTime))
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		report, err := mediadir.Inspect(dir, 0)
		if err != nil {
			return err
		}
		if report.State == mediadir.Active {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func announce(o driverOptions, dir string, std streams) error {
	var err error
	if o.asJSON {
		err = printJSON(std.out, struct {
			Dir     string `json:"dir"`
			PID     int    `json:"pid"`
			Version string `json:"version"`
		}{dir, os.Getpid(), aeron.Version()})
	} else {
		_, err = fmt.Fprintf(std.out, "ready dir=%s pid=%d\n", dir, os.Getpid())
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) { // nobody has to read it
		return fmt.Errorf("say that the driver is ready: %w", err)
	}
	return nil
}
