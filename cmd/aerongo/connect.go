package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

// connection is which driver a verb uses.
type connection struct {
	dir      string
	embedded bool
	timeout  time.Duration
}

func (c *connection) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.dir, "dir", "", "the media driver's directory (default $AERON_DIR, else Aeron's own)")
	cmd.Flags().BoolVar(&c.embedded, "embedded", false, "run a driver in this process; without --dir in a directory of its own")
	cmd.Flags().DurationVar(&c.timeout, "driver-timeout", 10*time.Second, "how long a silent driver counts as alive")
}

// defaultDir is $AERON_DIR, which does not count when it is empty, or what C would use.
func defaultDir() string {
	if dir := os.Getenv("AERON_DIR"); dir != "" {
		return dir
	}
	return mediadir.AeronDefaultDir()
}

// embeddedInstead names the drivers that programs of this user have embedded and given no directory, for an error about the default one:
// they are elsewhere. It is empty if there are none, or another directory was named.
func embeddedInstead(dir string) string {
	if dir != mediadir.AeronDefaultDir() {
		return ""
	}
	const most = 5
	var living []string
	found, _ := filepath.Glob(filepath.Join(mediadir.DefaultParentPath(), "*")) // fails for a bad pattern only
	for _, one := range found {
		if report, err := mediadir.Inspect(one, 0); err == nil && report.State == mediadir.Active {
			living = append(living, one)
		}
	}
	if n := len(living); n > most {
		living = append(living[:most], fmt.Sprintf("%d more", n-most))
	}
	if len(living) == 0 {
		return ""
	}
	return " (programs of yours embed drivers in " + strings.Join(living, ", ") + ")"
}

func (c *connection) check() error {
	if c.timeout <= 0 || c.timeout%time.Millisecond != 0 {
		return usagef("--driver-timeout %v: must be a positive number of milliseconds", c.timeout)
	}
	if strings.ContainsRune(c.dir, 0) {
		return usagef("--dir %q: a path has no NUL byte", c.dir)
	}
	return nil
}

// config is the library's view of the flags.
func (c *connection) config() aeron.Config {
	name := fmt.Sprintf("aerongo-%d", os.Getpid())
	if c.embedded {
		return aeron.Config{AppID: name, Directory: c.dir, DriverTimeout: c.timeout}
	}
	cfg := aeron.Config{Directory: c.dir, External: true, ClientName: name, DriverTimeout: c.timeout}
	if cfg.Directory == "" {
		cfg.Directory = defaultDir()
	}
	return cfg
}

// open starts or finds the driver. The caller closes it.
func (c *connection) open(ctx context.Context) (*aeron.Driver, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	drv, err := start(ctx, c.config())
	var known *aeron.Error
	if errors.Is(err, aeron.ErrNoDriver) && errors.As(err, &known) {
		dir, why := c.config().Directory, known.Detail
		if why != "" {
			why = " (" + why + ")"
		}
		return nil, fmt.Errorf("no media driver runs in %s%s: start one with 'aerongo driver --dir %s', or use --embedded%s", dir, why, dir, embeddedInstead(dir))
	}
	return drv, err
}

func start(ctx context.Context, cfg aeron.Config) (*aeron.Driver, error) {
	drv, err := aeron.Open(cfg)
	if err != nil {
		return nil, err
	}
	if err := drv.Start(ctx); err != nil {
		return nil, errors.Join(err, drv.Close())
	}
	return drv, nil
}

// closing adds what Close says to a result.
func closing(result *error, close func() error) {
	if err := close(); err != nil && *result == nil {
		*result = err
	}
}

// stream is a channel and a stream of it.
type stream struct {
	channel string
	id      int32
}

// Defaults as in Aeron's samples.
const (
	defaultChannel = "aeron:udp?endpoint=localhost:20121"
	defaultStream  = 1001
)

func (s *stream) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&s.channel, "channel", "c", defaultChannel, "the channel's URI")
	cmd.Flags().Int32VarP(&s.id, "stream", "s", defaultStream, "the stream's number")
}

// addTime is how long a driver that lives may take to add a publication or subscription.
const addTime = 15 * time.Second

// add bounds an Add: a driver that does not answer must not hang the program.
func add[T any](ctx context.Context, f func(context.Context, string, int32) (T, error), s stream) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, addTime)
	defer cancel()
	return f(ctx, s.channel, s.id)
}

func addSubscription(ctx context.Context, drv *aeron.Driver, s stream) (*aeron.Subscription, error) {
	return add(ctx, func(ctx context.Context, channel string, id int32) (*aeron.Subscription, error) {
		return drv.AddSubscription(ctx, channel, id)
	}, s)
}
