package aeronprom

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aeroncgo/aeron/stats"
)

// The defaults of [Options].
const (
	DefaultMaxStreams     = 500
	DefaultMaxSubscribers = 32
	DefaultMaxClients     = 200
)

// ErrOptions is what a wrong field of [Options] or a wrong directory matches.
var ErrOptions = errors.New("aeronprom: options")

// Options are the settings of a [Collector]; the zero value is good.
type Options struct {
	// Driver is the value of the label driver. Default: the directory. Give a driver whose directory has
	// a name that changes from run to run a name that does not.
	Driver string
	// MaxStreams is how many streams get series of their own. Default: [DefaultMaxStreams].
	MaxStreams int
	// MaxSubscribers is how many subscribers of one stream do. Default: [DefaultMaxSubscribers].
	MaxSubscribers int
	// MaxClients is how many clients do. Default: [DefaultMaxClients].
	MaxClients int
	// DriverTimeout is how old the heartbeat of a living driver may be. Default: [stats.DefaultDriverTimeout].
	DriverTimeout time.Duration
}

// complete checks the options and fills in the defaults.
func (o Options) complete(dir string) (Options, error) {
	wrong := func(field string, value any, must string) error {
		return fmt.Errorf("%w: %s %v: %s", ErrOptions, field, value, must)
	}
	if dir == "" || strings.ContainsRune(dir, 0) {
		return o, wrong("directory", fmt.Sprintf("%q", dir), "name the driver's directory")
	}
	if o.Driver == "" {
		o.Driver = strings.ToValidUTF8(dir, "\uFFFD")
	}
	if !utf8.ValidString(o.Driver) {
		return o, wrong("Driver", fmt.Sprintf("%q", o.Driver), "must be UTF-8")
	}
	for _, limit := range []struct {
		name     string
		value    *int
		standard int
	}{
		{"MaxStreams", &o.MaxStreams, DefaultMaxStreams},
		{"MaxSubscribers", &o.MaxSubscribers, DefaultMaxSubscribers},
		{"MaxClients", &o.MaxClients, DefaultMaxClients},
	} {
		if *limit.value < 0 {
			return o, wrong(limit.name, *limit.value, "must be at least 1, or 0 for the default")
		}
		if *limit.value == 0 {
			*limit.value = limit.standard
		}
	}
	if o.DriverTimeout < 0 {
		return o, wrong("DriverTimeout", o.DriverTimeout, "must be more than 0, or 0 for the default")
	}
	if o.DriverTimeout == 0 {
		o.DriverTimeout = stats.DefaultDriverTimeout
	}
	return o, nil
}
