package aeron

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aeroncgo/aeron/aeronc"
)

// LogFile is the file that the publication's log is in. It is named after the first registration of the channel, stream and session, which
// concurrent publications share. The driver removes it some time after the last of them was closed.
func (p *sending) LogFile() string {
	if p == nil || p.raw == nil {
		return ""
	}
	return logFile(p.client.Dir(), "publications", p.raw.Constants().OriginalRegistrationID)
}

func logFile(dir, kind string, id int64) string {
	return filepath.Join(dir, kind, strconv.FormatInt(id, 10)+".logbuffer")
}

// localSource is the source of an image that has no log of its own: of an IPC stream, or of a spy.
const localSource = "aeron:ipc"

// ImageLogFile is the file that the image's log is in: for an IPC stream and a spy it is the publication's, otherwise one of the
// image's own, which the driver removes some time after the last subscription has let go of it. It is "" for a nil image and for one of
// another driver.
func (d *Driver) ImageLogFile(image *Image) string {
	if d == nil || d.entry == nil {
		return ""
	}
	if image.Dir() != d.Dir() {
		return ""
	}
	kind, c := "images", image.Constants()
	if c.Source == localSource {
		kind = "publications"
	}
	return logFile(d.Dir(), kind, c.CorrelationID)
}

// baseOf is what pub is made of, or nil if it is none of this module's, or was never added.
func baseOf(pub Sender) *sending {
	var base *sending
	switch p := pub.(type) {
	case *Publication:
		if p != nil {
			base = &p.sending
		}
	case *ExclusivePublication:
		if p != nil {
			base = &p.sending
		}
	}
	if base == nil || base.driver == nil {
		return nil
	}
	return base
}

// living is the client whose registrations are the running driver's, or nil when that driver is lost. Ids begin anew with every driver, so
// a file of what an earlier one had is gone, or somebody else's.
func (e *entry) living(op string) (*aeronc.Client, error) {
	client, err := e.connected(op)
	if err == nil && client.Err() != nil {
		return nil, nil //nolint:nilerr // that it is lost is an answer
	}
	return client, err
}

func (d *Driver) own(op string, pub Sender) (*sending, error) {
	p := baseOf(pub)
	if p == nil {
		return nil, &Error{Op: op, Dir: d.Dir(), Detail: "give a publication that this driver has added", Err: ErrInvalidArgument}
	}
	if p.driver.Dir() != d.Dir() {
		return nil, &Error{Op: op, Dir: d.Dir(), Detail: "the publication belongs to the driver in " + p.driver.Dir(), Err: ErrInvalidArgument}
	}
	return p, nil
}

// AwaitLogDeleted waits, after Close, until the driver has removed the publication's log, which is when the same channel, stream and
// session can be had anew. That takes until subscribers have drained it, up to LingerTimeout, and for an IPC stream as long as one has
// not; so give a ctx that ends some seconds after LingerTimeout. While another publication that is open in this process shares the log,
// it stays, and AwaitLogDeleted returns nil at once; those of other processes are not seen. There is nothing to wait for either once the
// driver was lost, or Start has begun anew.
//
// When ctx ends first, the error matches ctx's and names the file. A publication that is not closed is an ErrInvalidArgument.
func (d *Driver) AwaitLogDeleted(ctx context.Context, pub Sender) error {
	if d == nil || d.entry == nil {
		return ErrClosed
	}
	const op = "await that the log is deleted"
	p, err := d.own(op, pub)
	if err != nil {
		return err
	}
	c := pub.Constants()
	fail := func(detail string, err error) error {
		return &Error{Op: op, Channel: c.Channel, StreamID: c.StreamID, Detail: detail, Err: err}
	}
	if !pub.IsClosed() {
		return fail("the publication is open: close it first", ErrInvalidArgument)
	}
	file := p.LogFile()
	for pause := firstStateLook; ; pause = min(2*pause, lastStateLook) {
		if client, err := d.entry.living(op); err == nil && client != p.client {
			return nil
		}
		if d.entry.shareLog(c.OriginalRegistrationID) {
			return nil
		}
		switch _, err := os.Lstat(file); {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return fail("", err)
		}
		_, _ = d.entry.step() // whatever becomes of it, the file is what counts
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fail(file+" is still there: subscribers have not drained it, or its linger time has not passed", context.Cause(ctx))
		}
	}
}

// shareLog reports whether a publication with that log is open.
func (e *entry) shareLog(id int64) bool {
	shares := false
	e.eachChild(func(c closer) {
		if pub, ok := c.(Sender); ok && !c.IsClosed() && pub.Constants().OriginalRegistrationID == id {
			shares = true
		}
	})
	return shares
}

// DeleteLogFile unlinks the publication's log without waiting for the driver, to free its name; whoever has it mapped keeps it. One
// that is gone already is no error, and nor is one of before the driver was lost, or Start has begun anew: nothing is unlinked then, since the
// name may be that of another. Only for a publication that is closed, while the driver is not. ErrInUse says that another publication of this
// process has the log and is open; those of other processes are not seen.
func (d *Driver) DeleteLogFile(pub Sender) error {
	if d == nil || d.entry == nil {
		return ErrClosed
	}
	const op = "delete log file"
	p, err := d.own(op, pub)
	if err != nil {
		return err
	}
	c := pub.Constants()
	if !pub.IsClosed() {
		return &Error{Op: op, Channel: c.Channel, StreamID: c.StreamID, Detail: "the publication is open: close it first", Err: ErrInvalidArgument}
	}
	if client, err := d.entry.living(op); err != nil || client != p.client {
		return err
	}
	if d.entry.shareLog(c.OriginalRegistrationID) {
		return &Error{Op: op, Channel: c.Channel, StreamID: c.StreamID, Detail: "another publication that is open has the same log", Err: ErrInUse}
	}
	return removeLog(op, p.LogFile())
}

// DeleteImageLogFile unlinks the log of an image, to bound the memory that streams nobody waits for take; who has it mapped keeps it, so the
// image stays readable. One that is gone already is no error, and nor is one of before the driver was lost, or Start has begun anew, for which
// nothing is unlinked. The log of an IPC stream or a spy is the publication's and refused, and so is an image of another driver.
func (d *Driver) DeleteImageLogFile(image *Image) error {
	if d == nil || d.entry == nil {
		return ErrClosed
	}
	const op = "delete image log file"
	if image == nil || image.Constants().Source == localSource {
		return &Error{Op: op, Dir: d.Dir(), Detail: "give an image that has a log of its own, which one of an IPC stream or a spy has not", Err: ErrInvalidArgument}
	}
	if image.Dir() != d.Dir() {
		return &Error{Op: op, Dir: d.Dir(), Detail: "the image belongs to the driver in " + image.Dir(), Err: ErrInvalidArgument}
	}
	if client, err := d.entry.living(op); err != nil || !image.BelongsTo(client) {
		return err
	}
	return removeLog(op, d.ImageLogFile(image))
}

func removeLog(op, file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &Error{Op: op, Err: err}
	}
	return nil
}
