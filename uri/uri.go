package uri

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// MaxLength is the greatest length of a channel URI in bytes. C: AERON_URI_MAX_LENGTH, which counts a NUL more
const MaxLength = 4095

const (
	spyPrefix = "aeron-spy:"
	scheme    = "aeron:"
)

// Media is how a channel moves messages.
type Media string

const (
	// MediaUDP is UDP, unicast or multicast.
	MediaUDP Media = "udp"
	// MediaIPC is shared memory between the clients of one driver.
	MediaIPC Media = "ipc"
)

type param struct{ key, value string }

// URI is a channel. It is a value: methods that change something return a changed copy, and copies never share a change. The zero URI has
// no media and keeps that as its error; start with [UDP], [IPC] or [Parse].
type URI struct {
	media  Media
	spy    bool
	params []param // each key once, in the order in which they are written
	dupes  []param // what Parse found besides, and C does not use
	stray  string  // what Parse found behind the last bar without a value
	errs   []*Error
}

// UDP starts a channel over UDP. It needs an endpoint, a control address, tags, or a control mode. C: AERON_URI_UDP
func UDP() URI { return URI{media: MediaUDP} }

// IPC starts a channel through shared memory; it is complete as it is. C: AERON_URI_IPC
func IPC() URI { return URI{media: MediaIPC} }

// Media says how the channel moves messages.
func (u URI) Media() Media { return u.media }

// IsSpy says whether the channel has the prefix aeron-spy.
func (u URI) IsSpy() bool { return u.spy }

// Spy makes it a channel that listens to a publication of the same driver ("aeron-spy:aeron:udp?…"). Only subscriptions to UDP channels
// can spy. C: AERON_SPY_PREFIX
func (u URI) Spy() URI {
	u.spy = true
	return u
}

// Get gives a parameter's text, and whether it is there.
func (u URI) Get(key string) (string, bool) {
	if i := u.find(key); i >= 0 {
		return u.params[i].value, true
	}
	return "", false
}

// Has says whether a parameter is there.
func (u URI) Has(key string) bool { return u.find(key) >= 0 }

func (u URI) find(key string) int {
	return slices.IndexFunc(u.params, func(p param) bool { return p.key == key })
}

// All gives every parameter and its text, in the order in which they are written.
func (u URI) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, p := range u.params {
			if !yield(p.key, p.value) {
				return
			}
		}
	}
}

// Equal says whether both channels are written the same and have no errors.
func (u URI) Equal(other URI) bool {
	return len(u.errs)+len(other.errs) == 0 && u.String() == other.String()
}

// Set gives a parameter by its name, replacing the one there was. A value that the parameter cannot have, or that cannot be written into a
// URI (empty; with a bar, a question mark or a control character), is not set and becomes the URI's error. A key that Aeron does not know is
// taken, for name resolvers and drivers of one's own, but Validate and Build report it.
func (u URI) Set(key, value string) URI {
	if strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune("|=?", c) }) || key == "" {
		return u.fail(&Error{
			Op: "set", Field: key, Value: value, Err: ErrSyntax,
			Reason: "this is no name of a parameter", Remedy: "use one of Keys, such as endpoint",
		})
	}
	fail := func(reason, remedy string) URI {
		return u.fail(&Error{Op: "set", Field: key, Value: value, Reason: reason, Remedy: remedy, Err: ErrValue})
	}
	if value == "" {
		return fail("an empty value cannot be written", "remove the parameter with Unset")
	}
	if strings.Contains(value, "|") {
		return fail("a bar ends a parameter", "set each parameter by itself")
	}
	if v := checkText(value); !v.fine() {
		return fail(v.reason, v.remedy)
	}
	if s, known := specs[key]; known {
		if v := s.check(value); !v.fine() {
			return fail(v.reason, v.remedy)
		}
	}
	return u.Unset(key).insert(param{key, value})
}

// insert puts in a parameter whose key is not there.
func (u URI) insert(p param) URI {
	r := rank(p.key)
	i := len(u.params)
	for i > 0 && rank(u.params[i-1].key) > r {
		i--
	}
	// Insert may write into an array that a copy of u shares, so it gets one of its own.
	u.params = slices.Insert(slices.Clone(u.params), i, p)
	return u
}

// Unset removes a parameter, if it is there.
func (u URI) Unset(key string) URI {
	is := func(p param) bool { return p.key == key }
	if i := u.find(key); i >= 0 {
		u.params = slices.DeleteFunc(slices.Clone(u.params), is)
	}
	u.dupes = slices.DeleteFunc(slices.Clone(u.dupes), is)
	return u
}

func (u URI) fail(e *Error) URI {
	u.errs = append(slices.Clip(u.errs), e)
	return u
}

// Err gives what could not be set, all of it joined, or nil.
func (u URI) Err() error {
	if u.media != MediaUDP && u.media != MediaIPC && len(u.errs) == 0 {
		return &Error{Op: "build", Reason: "the channel has no media", Remedy: "start with UDP, IPC or Parse", Err: ErrSyntax}
	}
	return joined(u.errs)
}

// String gives the channel as Aeron reads it. If something could not be set ([URI.Err]), it gives a text instead that begins with
// "invalid channel: " and the reason, and that every driver refuses as a channel. What Parse found twice or without a value is left out.
func (u URI) String() string {
	if err := u.Err(); err != nil {
		return "invalid channel: " + strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	var b strings.Builder
	if u.spy {
		b.WriteString(spyPrefix)
	}
	b.WriteString(scheme)
	b.WriteString(string(u.media))
	separator := byte('?')
	for _, p := range u.params {
		b.WriteByte(separator)
		b.WriteString(p.key)
		b.WriteByte('=')
		b.WriteString(p.value)
		separator = '|'
	}
	// Without one, C takes udp for an unknown transport.
	if u.media == MediaUDP && len(u.params) == 0 {
		b.WriteByte('?')
	}
	return b.String()
}

// Build gives the channel as text if there is nothing wrong with it: nothing failed to be set, and Validate has nothing to say.
func (u URI) Build() (string, error) {
	if err := u.Err(); err != nil {
		return "", err
	}
	if err := u.Validate(); err != nil {
		return "", err
	}
	return u.String(), nil
}

// Parse reads a channel. It takes what C's aeron_uri_parse takes, behind the prefix aeron-spy too, and refuses NUL, at which C would stop
// reading. Values are not looked at, and not changed: that is for the getters and Validate. Of a parameter that is there more than once
// it keeps the one that C uses.
//
// C: aeron_uri_parse
func Parse(s string) (URI, error) {
	fail := func(kind error, reason, remedy string) (URI, error) {
		return URI{}, &Error{Op: "parse", Value: s, Reason: reason, Remedy: remedy, RefusedBy: anyRole, Err: kind}
	}
	if len(s) > MaxLength {
		return fail(ErrTooLong, fmt.Sprintf("it has %d bytes", len(s)), fmt.Sprintf("use at most %d", MaxLength))
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		return fail(ErrSyntax, fmt.Sprintf("byte %d is NUL", i), "remove it")
	}
	const example = "write it as in aeron:udp?endpoint=127.0.0.1:40123 or aeron:ipc"
	var u URI
	rest, spy := strings.CutPrefix(s, spyPrefix)
	rest, ok := strings.CutPrefix(rest, scheme)
	if !ok {
		return fail(ErrSyntax, "it does not begin with aeron:", example)
	}
	media, params, hasParams := strings.Cut(rest, "?")
	switch {
	case media == string(MediaUDP) && hasParams:
		u = UDP()
	case media == string(MediaUDP):
		return fail(ErrSyntax, "a UDP channel has parameters", example)
	case media == string(MediaIPC):
		u = IPC()
	default:
		return fail(ErrSyntax, fmt.Sprintf("%s is neither udp nor ipc", quoted(media)), example)
	}
	u.spy = spy
	u, err := u.parseParams(params)
	if err != nil {
		return fail(ErrSyntax, err.Error(), example)
	}
	return u, nil
}

var (
	errEmptyKey   = errors.New("a parameter has no name")
	errEmptyValue = errors.New("a parameter has no value")
	errNoValue    = errors.New("a parameter has neither '=' nor a value")
)

// parseParams follows aeron_uri_parse_params: an empty text is fine, and so is anything without '=' behind the last bar.
func (u URI) parseParams(s string) (URI, error) {
	for s != "" {
		bar, equals := strings.IndexByte(s, '|'), strings.IndexByte(s, '=')
		switch {
		case equals < 0 && bar < 0:
			u.stray = s
			return u, nil
		case equals == 0:
			return URI{}, errEmptyKey
		case equals < 0 || bar >= 0 && bar < equals:
			return URI{}, errNoValue
		}
		key, rest := s[:equals], s[equals+1:]
		value, rest, _ := strings.Cut(rest, "|")
		if value == "" {
			return URI{}, fmt.Errorf("%w: %s", errEmptyValue, quoted(key))
		}
		u = u.take(param{key, value})
		s = rest
	}
	return u, nil
}

// take adds a parameter that was read, which may be there already.
func (u URI) take(p param) URI {
	i := u.find(p.key)
	if i < 0 {
		return u.insert(p)
	}
	if specs[p.key].lastWins {
		u.params[i].value, p.value = p.value, u.params[i].value
	}
	u.dupes = append(u.dupes, p)
	return u
}
