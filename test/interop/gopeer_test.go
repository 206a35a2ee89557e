package interop

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/test/interop/peer"
)

// goPeer is this module as a peer, in the test's own process.
func goPeer() *process {
	commands, in := io.Pipe()
	out, answers := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := peer.Serve(commands, answers, connectGo)
		answers.Close()
		ended <- err
	}()
	return newProcess("go", in, out, func() error { return <-ended })
}

type goClient struct{ *aeron.Driver }

func connectGo(ctx context.Context, dir string) (peer.Client, error) {
	config := aeron.Config{Directory: dir, External: true, AppID: "interop"}
	if dir == drivers["embedded"] { // this process runs it, and its users share one Config
		config = embeddedConfig(dir)
	}
	d, err := aeron.Open(config)
	if err != nil {
		return nil, err
	}
	if err := d.Start(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return goClient{d}, nil
}

func (c goClient) AddSubscription(ctx context.Context, channel string, stream int32) (peer.Subscription, error) {
	s, err := c.Driver.AddSubscription(ctx, channel, stream)
	if err != nil {
		return nil, err
	}
	return goSubscription{s}, nil
}

func (c goClient) AddPublication(ctx context.Context, channel string, stream int32, exclusive bool) (peer.Publication, error) {
	if exclusive {
		p, err := c.AddExclusivePublication(ctx, channel, stream)
		if err != nil {
			return nil, err
		}
		return &goPublication{sender: p, batch: aeron.NewBatch(p, 4<<10), block: &goBlock{pub: p}}, nil
	}
	p, err := c.Driver.AddPublication(ctx, channel, stream)
	if err != nil {
		return nil, err
	}
	return &goPublication{sender: p, batch: aeron.NewBatch(p, 4<<10)}, nil
}

type goSubscription struct{ *aeron.Subscription }

func (s goSubscription) Image() (correlation int64, session int32, ok bool) {
	for _, image := range s.Images() {
		return image.Constants().CorrelationID, image.SessionID(), true
	}
	return 0, 0, false
}

func (s goSubscription) Poll(f func([]byte), limit int) (int, error) {
	return s.PollMessages(func(m aeron.Message) { f(m.Data()) }, limit)
}

func (s goSubscription) AddDestination(ctx context.Context, channel string) error {
	_, err := s.Subscription.AddDestination(ctx, channel)
	return err
}

// sender is what both kinds of publication do that a peer needs.
type sender interface {
	aeron.Sender
	OfferVectored(parts ...[]byte) (int64, error)
	AddDestination(ctx context.Context, channel string) (id int64, err error)
	RemoveDestination(ctx context.Context, channel string) error
}

type goPublication struct {
	sender
	batch *aeron.Batch
	block *goBlock // of an exclusive one
}

func (p *goPublication) AddDestination(ctx context.Context, channel string) error {
	_, err := p.sender.AddDestination(ctx, channel)
	return err
}

func (p *goPublication) Describe() (session int32, registration int64) {
	c := p.Constants()
	return c.SessionID, c.RegistrationID
}

func (p *goPublication) Send(method string, message []byte) (bool, error) {
	var err error
	switch method {
	case "offer":
		_, err = p.Offer(message)
	case "vectored":
		third := len(message) / 3
		_, err = p.OfferVectored(message[:third], message[third:2*third], message[2*third:])
	case "claim":
		var claim aeron.Claim
		if claim, err = p.TryClaim(len(message)); err == nil {
			copy(claim.Data(), message)
			err = claim.Commit()
		}
	case "batch":
		if err = p.batch.Add(message); errors.Is(err, aeron.ErrBatchFull) {
			if done, err := p.Flush(); !done || err != nil {
				return false, err
			}
			err = p.batch.Add(message)
		}
	case "block":
		if p.block == nil {
			return false, peer.ErrUnsupported
		}
		return p.block.add(message)
	default:
		return false, peer.ErrUnsupported
	}
	return later(err)
}

// later says whether something has been sent; what may be tried again is no error.
func later(err error) (bool, error) {
	if errors.Is(err, aeron.ErrNotConnected) || errors.Is(err, aeron.ErrBackPressured) || errors.Is(err, aeron.ErrAdminAction) {
		return false, nil
	}
	return err == nil, err
}

func (p *goPublication) Flush() (bool, error) {
	if p.block != nil {
		if done, err := p.block.flush(); !done || err != nil {
			return false, err
		}
	}
	_, err := p.batch.Flush()
	return later(err)
}

// A goBlock collects messages as frames, as the peers in C and Java do.
type goBlock struct {
	pub    *aeron.ExclusivePublication
	frames []byte
	count  int
}

const (
	framesPerBlock = 4
	headerLength   = 32
)

func frameLength(frame []byte) (length, aligned int) {
	length = int(binary.LittleEndian.Uint32(frame))
	return length, (length + 31) &^ 31
}

func (b *goBlock) add(message []byte) (bool, error) {
	if b.count == framesPerBlock {
		if done, err := b.flush(); !done || err != nil {
			return false, err
		}
	}
	frame := make([]byte, (headerLength+len(message)+31)&^31)
	binary.LittleEndian.PutUint32(frame, uint32(headerLength+len(message)))
	copy(frame[headerLength:], message)
	b.frames = append(b.frames, frame...)
	b.count++
	return true, nil
}

// flush gives the frames their place in the log and offers them. Where the term has no room for all, the messages go one by one.
func (b *goBlock) flush() (bool, error) {
	if len(b.frames) == 0 {
		return true, nil
	}
	position, err := b.pub.Position()
	if err != nil {
		return false, err
	}
	constants := b.pub.Constants()
	termLength := int64(constants.TermBufferLength)
	offset := position % termLength
	if offset+int64(len(b.frames)) > termLength {
		for len(b.frames) > 0 {
			length, aligned := frameLength(b.frames)
			if _, err := b.pub.Offer(b.frames[headerLength:length]); err != nil {
				return later(err)
			}
			b.frames = b.frames[aligned:]
		}
		b.count = 0
		return true, nil
	}
	for at := 0; at < len(b.frames); {
		frame := b.frames[at:]
		_, aligned := frameLength(frame)
		frame[4], frame[5] = 0, 0xC0                // begin and end
		binary.LittleEndian.PutUint16(frame[6:], 1) // data
		for i, field := range []int32{
			int32(offset) + int32(at), constants.SessionID, b.pub.StreamID(), constants.InitialTermID + int32(position/termLength), 0, 0,
		} {
			binary.LittleEndian.PutUint32(frame[8+4*i:], uint32(field))
		}
		at += aligned
	}
	if _, err := b.pub.OfferBlock(b.frames); err != nil {
		return later(err)
	}
	b.frames, b.count = b.frames[:0], 0
	return true, nil
}
