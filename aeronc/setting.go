package aeronc

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aeroncgo/aeron/cgo"
)

// setting is one row of a context's generated table: a setting by C's name, as text.
type setting[C any] struct {
	name string
	env  string // the variable that C reads for it; empty if there is none
	set  func(C, string) error
	get  func(C) string // nil where C has no getter
}

// allDriverContextSettings are C's and what this package adds to them, in the order of their names.
var allDriverContextSettings = slices.SortedFunc(slices.Values(append([]setting[*DriverContext]{
	{"frame_guard", "", parsed(parseBool, (*DriverContext).SetFrameGuard), shown((*DriverContext).FrameGuard)},
}, driverContextSettings...)), func(a, b setting[*DriverContext]) int { return strings.Compare(a.name, b.name) })

// Set sets the setting that C calls name, "mtu_length" for aeron_driver_context_set_mtu_length, to what value says: "true" or "false";
// a number, lengths also with k, m or g for KiB, MiB or GiB; a duration such as "5s", or a plain number in C's own unit, which is at
// the end of the name; a threading mode as AERON_THREADING_MODE has it; or a text. "frame_guard" is [DriverContext.SetFrameGuard].
// It fails as the setter itself does, and with ErrInvalidArgument naming the setting for a name that C does not have and a value that is none.
func (c *DriverContext) Set(name, value string) error {
	return setByName(allDriverContextSettings, c, name, value)
}

// Settings are all settings that can be read, in the order of their names, with values as Set takes them. Empty when the context is
// closed.
func (c *DriverContext) Settings() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		closed := true
		c.read(func(*cgo.DriverContext) { closed = false })
		if !closed {
			settingsOf(allDriverContextSettings, c)(yield)
		}
	}
}

// Set sets the setting that C calls name; see [DriverContext.Set].
func (c *Context) Set(name, value string) error { return setByName(contextSettings, c, name, value) }

// Settings are all settings that can be read; see [DriverContext.Settings].
func (c *Context) Settings() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		closed := true
		c.read(func(*cgo.Context) { closed = false })
		if !closed {
			settingsOf(contextSettings, c)(yield)
		}
	}
}

func setByName[C any](table []setting[C], c C, name, value string) error {
	for _, s := range table {
		if s.name != name {
			continue
		}
		err := s.set(c, value)
		if bad := (*badTextError)(nil); errors.As(err, &bad) {
			return invalidArgument(name, strconv.Quote(value), bad.rule)
		}
		return err
	}
	return invalidArgument(name, strconv.Quote(value), "is no setting of this context: take a name as C has it, such as "+table[0].name)
}

func settingsOf[C any](table []setting[C], c C) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, s := range table {
			if s.get != nil && !yield(s.name, s.get(c)) {
				return
			}
		}
	}
}

// badTextError is a value that is not what the setting takes.
type badTextError struct{ rule string }

func (b *badTextError) Error() string { return b.rule }

// parsed makes a setter one of text, shown a getter.
func parsed[C, T any](parse func(string) (T, error), set func(C, T) error) func(C, string) error {
	return func(c C, text string) error {
		value, err := parse(strings.TrimSpace(text))
		if err != nil {
			return err
		}
		return set(c, value)
	}
}

func shown[C, T any](get func(C) T) func(C) string {
	return func(c C) string { return fmt.Sprint(get(c)) }
}

func parseText(text string) (string, error) { return text, nil }

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, &badTextError{"must be true or false"}
}

// parseNumber reads a number of type T, with a suffix for binary multiples.
func parseNumber[T int | int64 | int32 | uint32 | uint16 | uint8](text string) (T, error) {
	digits, factor := text, int64(1)
	if text != "" {
		if shift := strings.IndexByte("kmg", text[len(text)-1]|0x20); shift >= 0 {
			digits, factor = text[:len(text)-1], 1<<(10*(shift+1))
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err == nil && int64(T(n*factor)) == n*factor && fits(n, factor) {
		return T(n * factor), nil
	}
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	switch any(T(0)).(type) {
	case int32:
		low, high = math.MinInt32, math.MaxInt32
	case uint32:
		low, high = 0, math.MaxUint32
	case uint16:
		low, high = 0, math.MaxUint16
	case uint8:
		low, high = 0, math.MaxUint8
	}
	return 0, &badTextError{fmt.Sprintf("must be a whole number from %d to %d, k, m or g behind it for KiB, MiB or GiB", low, high)}
}

// fits reports whether n*factor, factor a power of two, is exact.
func fits(n, factor int64) bool {
	shift := bits.TrailingZeros64(uint64(factor))
	return n<<shift>>shift == n
}

func parseDuration(unit time.Duration) func(string) (time.Duration, error) {
	return func(text string) (time.Duration, error) {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			if n > int64(math.MaxInt64/unit) || n < 0 {
				return 0, &badTextError{fmt.Sprintf("must be from 0 to %d, in units of %v", int64(math.MaxInt64/unit), unit)}
			}
			return time.Duration(n) * unit, nil
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, &badTextError{fmt.Sprintf("must be a duration such as 5s or 200ms, or a number of %v", unit)}
		}
		return d, nil
	}
}

func parseThreadingMode(text string) (ThreadingMode, error) {
	for mode := ThreadingDedicated; mode <= ThreadingInvoker; mode++ {
		if strings.EqualFold(mode.String(), text) {
			return mode, nil
		}
	}
	return 0, &badTextError{"must be DEDICATED, SHARED_NETWORK, SHARED or INVOKER"}
}

// String is how the value is written in Aeron's configuration.
func (b InferableBoolean) String() string {
	switch b {
	case ForceFalse:
		return "false"
	case ForceTrue:
		return "true"
	case Infer:
		return "infer"
	}
	return fmt.Sprintf("InferableBoolean(%d)", int32(b))
}

func parseInferableBoolean(text string) (InferableBoolean, error) {
	for value := ForceFalse; value <= Infer; value++ {
		if strings.EqualFold(value.String(), text) {
			return value, nil
		}
	}
	return 0, &badTextError{"must be true, false or infer"}
}

func parseThreadNaming(text string) (ThreadNaming, error) {
	switch strings.ToLower(text) { // as C's own variable has it
	case "classic":
		return ThreadNamingClassic, nil
	case "new":
		return ThreadNamingNew, nil
	}
	n, err := parseNumber[int32](text)
	return ThreadNaming(n), err
}
