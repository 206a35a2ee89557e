package uri

import (
	"errors"
	"fmt"
	"strings"
)

// What is wrong. Every error of this package is an *Error that wraps one of these, or several such joined.
var (
	// ErrSyntax says that the text is not a channel URI.
	ErrSyntax = errors.New("not a channel URI")
	// ErrTooLong says that the URI is longer than MaxLength bytes.
	ErrTooLong = errors.New("channel URI too long")
	// ErrValue says that a parameter's value is malformed or out of range.
	ErrValue = errors.New("invalid value")
	// ErrUnknownKey says that Aeron has no such parameter; C ignores it.
	ErrUnknownKey = errors.New("unknown parameter")
	// ErrDuplicateKey says that a parameter occurs more than once; C uses one of them.
	ErrDuplicateKey = errors.New("parameter given more than once")
	// ErrNoEffect says that a parameter has no meaning on this channel; C ignores it.
	ErrNoEffect = errors.New("parameter has no effect")
	// ErrConflict says that parameters, or their absence, contradict each other or the use of the channel.
	ErrConflict = errors.New("contradictory channel")
	// ErrNotSet says that a parameter is not there.
	ErrNotSet = errors.New("parameter not set")
)

// Role is what a channel is used for. Values can be added together.
type Role uint8

const (
	// Publication is a channel of a concurrent or exclusive publication.
	Publication Role = 1 << iota
	// Subscription is a channel of a subscription, of a spy too.
	Subscription
)

const anyRole = Publication | Subscription

// String names the role.
func (r Role) String() string {
	switch r {
	case 0:
		return "none"
	case Publication:
		return "publication"
	case Subscription:
		return "subscription"
	case anyRole:
		return "publication and subscription"
	default:
		return fmt.Sprintf("Role(%d)", uint8(r))
	}
}

// Error says what is wrong with a channel or an address.
type Error struct {
	Op     string // what was tried: parse, set, get, validate, address, local address, build
	Field  string // the parameter, "" if it is about the whole
	Value  string // its value, as given
	Reason string // why that is a problem
	Remedy string // what to do about it
	// RefusedBy says in which roles Aeron's C driver refuses a channel for this. 0 means that C takes it silently and does something else than
	// was asked for. It is set by Validate, ValidateFor and Problems.
	RefusedBy Role
	Err       error // what kind of problem it is: one of the package's Err values
}

// Error gives everything on one line; what came from outside is quoted and shortened.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("uri: ")
	b.WriteString(e.Op)
	b.WriteString(": ")
	switch {
	case e.Field != "" && e.Value != "":
		fmt.Fprintf(&b, "%s=%s: ", printable(e.Field), quoted(e.Value))
	case e.Field != "":
		fmt.Fprintf(&b, "%s: ", printable(e.Field))
	case e.Value != "":
		fmt.Fprintf(&b, "%s: ", quoted(e.Value))
	}
	fmt.Fprintf(&b, "%v", e.Err)
	if e.Reason != "" {
		fmt.Fprintf(&b, ": %s", e.Reason)
	}
	if e.Remedy != "" {
		fmt.Fprintf(&b, "; %s", e.Remedy)
	}
	return b.String()
}

// Unwrap gives what kind of problem it is.
func (e *Error) Unwrap() error { return e.Err }

// Parameters can be thousands of bytes long; their beginning says which one it is.
const maxShown = 100

func quoted(s string) string {
	if len(s) > maxShown {
		return fmt.Sprintf("%q… (%d bytes)", strings.ToValidUTF8(s[:maxShown], "�"), len(s))
	}
	return fmt.Sprintf("%q", s)
}

func printable(s string) string {
	if _, known := specs[s]; known {
		return s
	}
	return quoted(s)
}

func joined(problems []*Error) error {
	all := make([]error, len(problems))
	for i, p := range problems {
		all[i] = p
	}
	return errors.Join(all...)
}
