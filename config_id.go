package aeron

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

// Resolve checks the Config, fills in the defaults and chooses what is to be chosen, once: Directory becomes an absolute path, with
// what AppendAppID and UniqueDirectory ask for, and they become false. What it returns means exactly one driver, resolves to itself,
// and is what Driver.Config returns. Nothing on the machine is changed.
func (c Config) Resolve() (Config, error) {
	if err := c.Validate(); err != nil {
		return c, err
	}
	c = c.withDefaults()
	if c.FromEnv {
		var err error
		if c, err = c.withEnvironment(); err != nil {
			return c, err
		}
	}
	if c.Directory == "" {
		c.Directory = filepath.Join(mediadir.DefaultParentPath(), "aeron_"+strings.TrimPrefix(c.AppID, "aeron_"))
	}
	dir, err := filepath.Abs(c.Directory)
	if err != nil {
		return c, &Error{Op: "resolve Config.Directory", Dir: c.Directory, Err: err}
	}
	if name := filepath.Base(dir); c.AppendAppID && c.AppID != "" && name != c.AppID && !strings.HasSuffix(name, "_"+c.AppID) {
		dir += "_" + c.AppID
	}
	if c.UniqueDirectory {
		dir += fmt.Sprintf("_%016x", randomID())
	}
	c.Directory, c.AppendAppID, c.UniqueDirectory = dir, false, false
	return c, nil
}

// randomID is never 0.
func randomID() uint64 {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // it never fails: see its documentation
		if id := binary.LittleEndian.Uint64(b[:]); id != 0 {
			return id
		}
	}
}

// idleVariable is what C's client takes ClientIdle from; its own default is too long for adds.
const idleVariable = "AERON_CLIENT_IDLE_SLEEP_DURATION"

// withEnvironment fills in what the client has from the environment, and this package must know too.
func (c Config) withEnvironment() (Config, error) {
	context, err := aeronc.NewContextFromEnv()
	if err != nil {
		return c, err
	}
	if c.Directory == "" && c.AppID == "" {
		c.Directory = context.Dir()
	}
	c.DriverTimeout = orDefault(c.DriverTimeout, context.DriverTimeout())
	c.ClientName = orDefault(c.ClientName, context.ClientName())
	if os.Getenv(idleVariable) != "" {
		c.ClientIdle = orDefault(c.ClientIdle, context.IdleSleepDuration())
	}
	c.ClientIdle = orDefault(c.ClientIdle, defaultClientIdle)
	if err := errors.Join(c.Validate(), context.Close()); err != nil {
		return c, &Error{Op: "take AERON_* variables", Detail: "see AERON_DRIVER_TIMEOUT, AERON_CLIENT_NAME and " + idleVariable, Err: err}
	}
	return c, nil
}

// prepareParent makes the private parent of default directories, if the Config is in it.
func (c Config) prepareParent() error {
	if filepath.Dir(c.Directory) != mediadir.DefaultParentPath() {
		return nil
	}
	if _, err := mediadir.DefaultParent(); err != nil {
		return &Error{Op: "make the default directory", Dir: c.Directory, Detail: "set Config.Directory to use another", Err: err}
	}
	return nil
}

// DriverID is a number for the driver that the Config means: equal for equal Configs, in every process and with every Go version; made
// of the directory and every setting that changes what the driver or the client does, so all but Logger. Never 0. Different
// Configs have different ids, but for one chance in 2^64: to compare Configs, compare what Resolve returns.
//
// Errors: those of Resolve, and ErrInvalidArgument for a Config with UniqueDirectory, which means another driver each time.
func (c Config) DriverID() (uint64, error) {
	if c.UniqueDirectory {
		return 0, invalid("UniqueDirectory", true, "means another driver each time: ask what Resolve returns")
	}
	c, err := c.Resolve()
	if err != nil {
		return 0, err
	}
	return c.driverID(), nil
}

// driverID is the id of a resolved Config.
func (c Config) driverID() uint64 {
	h := fnv.New64a()
	writeFields(h, "", reflect.ValueOf(c.key()))
	return max(h.Sum64(), 1)
}

// writeFields writes every field of a struct by its name, fields of structs within it too.
func writeFields(to io.Writer, prefix string, v reflect.Value) {
	for i := range v.NumField() {
		name := prefix + v.Type().Field(i).Name
		switch value := v.Field(i); {
		case value.Kind() == reflect.String:
			fmt.Fprintf(to, "%s=%q\n", name, value.String())
		case value.Kind() == reflect.Bool:
			fmt.Fprintf(to, "%s=%t\n", name, value.Bool())
		case value.CanInt(): // a mode and a duration too, by number
			fmt.Fprintf(to, "%s=%d\n", name, value.Int())
		case value.CanUint():
			fmt.Fprintf(to, "%s=%d\n", name, value.Uint())
		case value.Kind() == reflect.Struct:
			writeFields(to, name+".", value)
		default:
			// A Config has no other kinds: a test holds that.
		}
	}
}

// fixedSettings are C's settings that Settings must not change, and what to use for them.
var fixedSettings = map[string]string{
	"dir":                                  "is Config.Directory",
	"dir_delete_on_start":                  "is for Start, which removes what a dead driver has left",
	"dir_delete_on_shutdown":               "is Config.KeepDirectory",
	"driver_timeout_ms":                    "is Config.DriverTimeout, which the client must know too",
	"threading_mode":                       "is Config.Threading",
	"publication_reserved_session_id_low":  "is fixed: package ids gives out the reserved session ids",
	"publication_reserved_session_id_high": "is fixed: package ids gives out the reserved session ids",
}

// fixedClientSettings are those that ClientSettings must not change.
var fixedClientSettings = map[string]string{
	"dir":                         "is Config.Directory",
	"driver_timeout_ms":           "is Config.DriverTimeout, which the driver must know too",
	"client_name":                 "is Config.ClientName",
	"use_conductor_agent_invoker": "is Config.Invoker",
}

// applySettings sets what Settings says.
func (c Config) applySettings(d *aeronc.DriverContext) error {
	return applyTexts("Settings", c.Settings, fixedSettings, d.Set)
}

// applyClientSettings sets what ClientSettings says.
func (c Config) applyClientSettings(client *aeronc.Context) error {
	return applyTexts("ClientSettings", c.ClientSettings, fixedClientSettings, client.Set)
}

// applyTexts sets what is in a field of texts.
func applyTexts(field, texts string, fixed map[string]string, set func(name, value string) error) error {
	var errs []error
	var seen []string
	refuse := func(text, rule string, err error) {
		e := &Error{Op: "check Config." + field, Detail: fmt.Sprintf("%q %s", text, rule), Err: err}
		errs = append(errs, e)
	}
	for text := range strings.SplitSeq(texts, ";") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		name, value, ok := strings.Cut(text, "=")
		name = strings.TrimSpace(name)
		switch rule := fixed[name]; {
		case !ok || name == "":
			refuse(text, "must be name=value, such as socket_tos=8", ErrInvalidArgument)
		case rule != "":
			refuse(text, rule, ErrInvalidArgument)
		case slices.Contains(seen, name):
			refuse(text, "sets what was set before: once is enough", ErrInvalidArgument)
		default:
			if err := set(name, value); err != nil {
				refuse(text, "is refused", err)
			}
		}
		seen = append(seen, name)
	}
	return errors.Join(errs...)
}

const blank = "; \t\n"

// checkSettings is applySettings on a context for nothing else.
func (c Config) checkSettings() error {
	if strings.Trim(c.Settings, blank) == "" {
		return nil
	}
	d, err := aeronc.NewDriverContext()
	if err != nil {
		return err
	}
	return errors.Join(c.applySettings(d), d.Close())
}

// checkClientSettings is applyClientSettings on a context for nothing else.
func (c Config) checkClientSettings() error {
	if strings.Trim(c.ClientSettings, blank) == "" {
		return nil
	}
	client, err := aeronc.NewContext()
	if err != nil {
		return err
	}
	return errors.Join(c.applyClientSettings(client), client.Close())
}
