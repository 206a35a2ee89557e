package aeron

import (
	"errors"

	"github.com/aeroncgo/aeron/aeronc"
)

// Error is an operation that failed: what was asked, of which stream or directory, what C or the driver said, and the cause. Get at
// it with errors.As.
type Error = aeronc.Error

// Code is an Aeron error code. Codes are errors to compare with: errors.Is(err, aeron.CodeStorageSpace).
type Code = aeronc.Code

// The codes that a program most often asks for; package aeronc has all of them.
const (
	CodeInvalidChannel          = aeronc.CodeInvalidChannel
	CodeUnknownHost             = aeronc.CodeUnknownHost
	CodeGeneric                 = aeronc.CodeGeneric
	CodeStorageSpace            = aeronc.CodeStorageSpace
	CodeDriverTimeout           = aeronc.CodeDriverTimeout
	CodeClientTimeout           = aeronc.CodeClientTimeout
	CodeConductorServiceTimeout = aeronc.CodeConductorServiceTimeout
)

// Sentinels for errors.Is. The first five are results of Offer and TryClaim and cost nothing to return.
var (
	// ErrNotConnected: the stream has no subscriber. Try again later.
	ErrNotConnected = aeronc.ErrNotConnected
	// ErrBackPressured: subscribers are behind by a whole window. Try again.
	ErrBackPressured = aeronc.ErrBackPressured
	// ErrAdminAction: the log is moving to its next term. Try again at once.
	ErrAdminAction = aeronc.ErrAdminAction
	// ErrClosed: the object, or the client behind it, is closed or has lost its driver.
	ErrClosed = aeronc.ErrClosed
	// ErrMaxPositionExceeded: the stream has reached its end; add a new publication.
	ErrMaxPositionExceeded = aeronc.ErrMaxPositionExceeded

	// ErrMessageTooLong: over MaxMessageLength for an offer, over MaxPayloadLength for a claim.
	ErrMessageTooLong = aeronc.ErrMessageTooLong
	// ErrBatchFull: the batch has no room for the message before it is flushed.
	ErrBatchFull = aeronc.ErrBatchFull
	// ErrClaimResolved: the claim was committed or aborted before.
	ErrClaimResolved = aeronc.ErrClaimResolved
	// ErrClaimUnblocked: the claim was open for longer than UnblockTimeout; the driver has made it padding.
	ErrClaimUnblocked = aeronc.ErrClaimUnblocked
	// ErrClaimsOutstanding: closed with claims that are neither committed nor aborted.
	ErrClaimsOutstanding = aeronc.ErrClaimsOutstanding
	// ErrBusy: a handler called something that would have to wait for a poll to end.
	ErrBusy = aeronc.ErrBusy
	// ErrCorruptFrame: an image's memory holds what cannot be there.
	ErrCorruptFrame = aeronc.ErrCorruptFrame
	// ErrInvalidArgument: a value is refused; the text names it and what would do.
	ErrInvalidArgument = aeronc.ErrInvalidArgument
	// ErrTimeout: something did not happen in time.
	ErrTimeout = aeronc.ErrTimeout
	// ErrNoDriver: no media driver is active in the directory.
	ErrNoDriver = aeronc.ErrNoDriver
	// ErrDriverActive: a media driver lives in the directory already.
	ErrDriverActive = aeronc.ErrDriverActive
	// ErrDirectoryRefused: the directory holds what is not Aeron's or is not safe. Nothing in it was changed.
	ErrDirectoryRefused = aeronc.ErrDirectoryRefused

	// ErrNotStarted: the driver was opened and never started.
	ErrNotStarted = errors.New("aeron: not started: call Start first")
	// ErrConfigConflict: the directory is in use in this process with other settings.
	ErrConfigConflict = errors.New("aeron: the directory is in use with other settings")
	// ErrInUse: somebody else uses the driver.
	ErrInUse = errors.New("aeron: in use")
	// ErrMustRestart: the network or the driver has failed; see Driver.MustRestart.
	ErrMustRestart = errors.New("aeron: the driver must be restarted: close it, or Start it anew")
	// ErrLeaked: something that was opened is not closed.
	ErrLeaked = errors.New("aeron: not everything is closed")
)
