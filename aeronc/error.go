package aeronc

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/aeroncgo/aeron/cgo"
)

// Flow-control results of offers and claims, and states of objects. They are preallocated: returning one costs nothing.
var (
	// ErrNotConnected: no subscriber is connected. Try again later. C: AERON_PUBLICATION_NOT_CONNECTED
	ErrNotConnected = errors.New("aeron: not connected: the stream has no subscriber")
	// ErrBackPressured: the subscribers or the flow control are behind by a whole window. Try again. C: AERON_PUBLICATION_BACK_PRESSURED
	ErrBackPressured = errors.New("aeron: back pressured: subscribers have not consumed what was sent")
	// ErrAdminAction: the log was just rotated. Try again at once. C: AERON_PUBLICATION_ADMIN_ACTION
	ErrAdminAction = errors.New("aeron: administrative action: the log is moving to its next term, try again")
	// ErrClosed: the object, or the client that it belongs to, is closed. C: AERON_PUBLICATION_CLOSED
	ErrClosed = errors.New("aeron: closed")
	// ErrMaxPositionExceeded: the stream has reached the last position that it can have; close the publication and add
	// another, with longer terms. C: AERON_PUBLICATION_MAX_POSITION_EXCEEDED
	ErrMaxPositionExceeded = errors.New("aeron: maximum position exceeded: add a new publication")
	// ErrMessageTooLong: the message is longer than the publication's MaxMessageLength, or the claim than MaxPayloadLength.
	ErrMessageTooLong = errors.New("aeron: message too long")
	// ErrClaimResolved: the claim was committed or aborted before, or is the zero Claim.
	ErrClaimResolved = errors.New("aeron: claim already committed or aborted")
	// ErrClaimUnblocked: the claim was open for longer than the driver's unblock timeout, so the driver has made it padding.
	ErrClaimUnblocked = errors.New("aeron: claim was open for too long: the driver has turned it into padding")
	// ErrClaimsOutstanding: the publication was closed with claims that are neither committed nor aborted. Its memory stays
	// mapped until they are, or until the client closes.
	ErrClaimsOutstanding = errors.New("aeron: closed with claims outstanding")
	// ErrBusy: a handler called something that has to wait for a poll to end, which could be the very poll that runs it.
	ErrBusy = errors.New("aeron: busy: called inside a handler while the subscription is being polled")
	// ErrCorruptFrame: the log holds a frame that cannot be there; the image is not read any further.
	ErrCorruptFrame = errors.New("aeron: corrupt frame")
	// ErrLayout: a log is not what the pinned version of Aeron makes. From an add: it would be written to. From an error handler: it is an
	// image's, which is not read.
	ErrLayout = errors.New("aeron: unexpected layout of a log")
	// ErrInvalidArgument: a value that C or Go refuses; the text names it. Also matches syscall.EINVAL from C.
	ErrInvalidArgument = errors.New("aeron: invalid argument")
	// ErrTimeout: something did not happen in time. The text says what and how long.
	ErrTimeout = errors.New("aeron: timed out")
	// ErrNoDriver: no media driver is active in the directory.
	ErrNoDriver = errors.New("aeron: no active media driver")
	// ErrDriverActive: a media driver is active in the directory already.
	ErrDriverActive = errors.New("aeron: a media driver is active")
	// ErrDirectoryRefused: the directory holds what is not Aeron's, or is not safe to use. Nothing in it was changed.
	ErrDirectoryRefused = errors.New("aeron: directory refused")
)

// Code is an Aeron error code, as the driver sends it and as C's errcode has it negated. Codes are errors, so that
// errors.Is(err, CodeDriverTimeout) asks for one.
type Code int32

// Aeron's error codes. C: AERON_ERROR_CODE_*, AERON_CLIENT_ERROR_*
const (
	CodeUnused                         Code = 0
	CodeInvalidChannel                 Code = 1
	CodeUnknownSubscription            Code = 2
	CodeUnknownPublication             Code = 3
	CodeChannelEndpoint                Code = 4
	CodeUnknownCounter                 Code = 5
	CodeUnknownCommandType             Code = 6
	CodeMalformedCommand               Code = 7
	CodeNotSupported                   Code = 8
	CodeUnknownHost                    Code = 9
	CodeResourceTemporarilyUnavailable Code = 10
	CodeGeneric                        Code = 11
	CodeStorageSpace                   Code = 12
	CodeImageRejected                  Code = 13
	CodePublicationRevoked             Code = 14
	CodeDriverTimeout                  Code = 1000
	CodeClientTimeout                  Code = 1001
	CodeConductorServiceTimeout        Code = 1002
	CodeBufferFull                     Code = 1003
	CodeDriverBufferFull               Code = 1004
	CodeClientIllegalState             Code = 1005
	CodeBroadcastReceiverIllegalState  Code = 1006
)

var codeNames = map[Code]string{
	CodeUnused: "unused", CodeInvalidChannel: "invalid channel", CodeUnknownSubscription: "unknown subscription",
	CodeUnknownPublication: "unknown publication", CodeChannelEndpoint: "channel endpoint error",
	CodeUnknownCounter: "unknown counter", CodeUnknownCommandType: "unknown command type", CodeMalformedCommand: "malformed command",
	CodeNotSupported: "not supported", CodeUnknownHost: "unknown host",
	CodeResourceTemporarilyUnavailable: "resource temporarily unavailable", CodeGeneric: "generic error",
	CodeStorageSpace: "storage space", CodeImageRejected: "image rejected", CodePublicationRevoked: "publication revoked",
	CodeDriverTimeout: "driver timeout", CodeClientTimeout: "client timeout",
	CodeConductorServiceTimeout: "conductor service timeout", CodeBufferFull: "buffer full",
	CodeDriverBufferFull: "driver buffer full", CodeClientIllegalState: "client in an illegal state",
	CodeBroadcastReceiverIllegalState: "broadcast receiver in an illegal state",
}

// String is the code's name, or its number when it has none here.
func (c Code) String() string {
	if name, ok := codeNames[c]; ok {
		return name
	}
	return "Code(" + strconv.Itoa(int(c)) + ")"
}

// Error makes a code an error to compare with.
func (c Code) Error() string { return "aeron: " + c.String() }

// fatal says that a client which was told c has given up for good.
func (c Code) fatal() bool {
	return c == CodeDriverTimeout || c == CodeClientTimeout || c == CodeConductorServiceTimeout ||
		c == CodeClientIllegalState || c == CodeBroadcastReceiverIllegalState
}

// Error is an operation that failed: what was asked, of which stream or directory, what C or the driver said, and the cause.
type Error struct {
	Op       string // in words: "add publication"
	Channel  string // the channel, where there is one
	StreamID int32  // meaningful with Channel
	Dir      string // the media driver's directory, where it matters
	Code     Code   // Aeron's code, 0 when there is none
	Detail   string // what C said, on one line, with control characters escaped
	Err      error  // the cause: a sentinel of this package, a syscall.Errno, a context's error
}

// Error puts it all on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("aeron: ")
	b.WriteString(e.Op)
	if e.Channel != "" {
		fmt.Fprintf(&b, " channel=%s stream=%d", printable(e.Channel), e.StreamID)
	}
	if e.Dir != "" {
		fmt.Fprintf(&b, " dir=%s", printable(e.Dir))
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.Code != 0 {
		fmt.Fprintf(&b, " (%s, code %d)", e.Code.String(), int32(e.Code))
	}
	if e.Err != nil {
		b.WriteString(": " + strings.TrimPrefix(e.Err.Error(), "aeron: "))
	}
	return b.String()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, CodeStorageSpace) work.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code != 0 && code == e.Code
}

// Temporary reports whether the same call may succeed later.
func (e *Error) Temporary() bool {
	return e.Code == CodeResourceTemporarilyUnavailable || e.Code == CodeBufferFull || e.Code == CodeDriverBufferFull || errors.Is(e.Err, ErrTimeout)
}

// fromC turns what C said into an Error: a positive errcode is an errno, any other the negative of an Aeron code.
func fromC(op string, err error) *Error {
	e := &Error{Op: op}
	var c *cgo.Error
	if !errors.As(err, &c) {
		e.Err = err
		return e
	}
	e.Detail = oneLine(c.Text)
	switch {
	case c.Code > 0:
		errno := syscall.Errno(c.Code)
		e.Err = errno
		if errno == syscall.EINVAL {
			e.Err = invalid{errno}
		}
	default:
		e.Code = Code(-c.Code)
		// The driver sends a failure of the system as its generic error, with the errno in the text.
		if errno := errnoIn(c.Text); errno != 0 {
			e.Err = errno
		}
	}
	return e
}

// errnoIn is the last errno that C's report names, but EINVAL, which it names for every value that it refuses; or 0.
func errnoIn(text string) (errno syscall.Errno) {
	for _, m := range errnoLine.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil && syscall.Errno(n) != syscall.EINVAL && n < 1000 {
			errno = syscall.Errno(n)
		}
	}
	return errno
}

// errnoLine is a line of C's report that gives an errno and its text.
var errnoLine = regexp.MustCompile(`(?m)^\((\d+)\) `)

// invalid is an EINVAL that is also ErrInvalidArgument.
type invalid struct{ syscall.Errno }

func (i invalid) Is(target error) bool { return target == ErrInvalidArgument || i.Errno.Is(target) }
func (i invalid) Unwrap() error        { return i.Errno }

func invalidArgument(name string, value any, rule string) error {
	return &Error{Op: "check " + name, Detail: fmt.Sprintf("%s=%v %s", name, value, rule), Err: ErrInvalidArgument}
}

// codeLine is a line of C's report that only repeats a code and its text.
var codeLine = regexp.MustCompile(`^\(-?\d+\) [^\[:]*$`)

// oneLine takes the messages out of C's report, whose lines read "[function, file:line] message", and leaves out those that say
// only where they passed or which code they have.
func oneLine(text string) string {
	var parts []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			_, line, _ = strings.Cut(line, "] ")
		}
		if line == "" || codeLine.MatchString(line) || strings.HasSuffix(line, "registration error") {
			continue
		}
		parts = append(parts, printable(line))
	}
	if len(parts) == 0 {
		return printable(strings.TrimSpace(text))
	}
	return strings.Join(parts, ": ")
}

// printable escapes what a terminal or a log must not see: such text can come from another process or machine.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}
