package aeronc_test

import (
	"errors"
	"unsafe"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/cgo"
)

// reader reads the streams of a side, by every kind of poll: Go's, or C's own.
type reader struct {
	s      *aeronc.Subscription
	images []*aeronc.Image
	by     assembler
	c      bool

	// Of C's reading.
	poller        *cgo.Poller
	tag           cgo.Tag
	plain         cgo.FragmentAssembler
	controlled    cgo.ControlledFragmentAssembler
	ofImage       [2]cgo.ImageFragmentAssembler
	ofImageHeeded [2]cgo.ImageControlledFragmentAssembler
	turn          int // the image that C's next poll of all begins with
}

// assembler is one of C's. A script keeps to one: each has what it has not put together for itself, where in Go the image has it.
type assembler int

const (
	plainAssembler assembler = iota
	controlledAssembler
	imageAssembler
	controlledImageAssembler
	assemblers
)

// delivered is a fragment, a message or a block, with all that the two sides know of it.
type delivered struct {
	data                        string
	image                       int
	position, reserved          int64
	session, stream, id, offset int32
	flags                       uint8
}

const everyImage = -1

// poll is one of all kinds of them.
type poll struct {
	image                                 int // the one that is polled, or everyImage
	messages, controlled, bounded, blocks bool
	limit                                 int
	bound                                 int64
	answers                               uint16 // what a handler says that is heeded
}

func (p poll) kind() string {
	kind := "image"
	if p.image == everyImage {
		kind = "subscription"
	}
	for _, word := range []struct {
		is   bool
		word string
	}{{p.blocks, " blocks"}, {p.bounded, " bounded"}, {p.controlled, " controlled"}, {p.messages, " messages"}} {
		if word.is {
			kind += word.word
		}
	}
	return kind
}

// stops is which fragment ends the poll, if there are so many.
func (p poll) stops() (at int, some bool) {
	at = int(p.answers>>9) % 32
	return at, p.controlled && at < 16
}

// answer is what becomes of the fragment that is the n-th of the poll.
func (p poll) answer(n int) aeronc.Action {
	at, some := p.stops()
	switch {
	case some && n >= at && p.answers&1 == 0:
		return aeronc.Break
	case some && n >= at:
		return aeronc.Abort
	case p.answers>>(1+n%8)&1 == 0:
		return aeronc.Commit
	}
	return aeronc.Continue
}

// draw is a poll as a script says.
func (x *reader) draw(kind, a, b uint16) poll {
	p := poll{
		image: int(kind >> 11), messages: kind&1 == 1, controlled: kind>>1&1 == 1, bounded: kind>>2&1 == 1, blocks: kind>>3&3 == 3,
		limit: int(a) % 40, answers: b,
	}
	if kind>>5&1 == 1 {
		p.image = everyImage
	}
	if p.blocks {
		p.limit = int(a) % 20000
		p.messages, p.controlled, p.bounded = false, false, false
	}
	if p.messages {
		p.controlled = x.by == controlledAssembler || x.by == controlledImageAssembler
		if x.by >= imageAssembler {
			p.image = max(p.image, 0)
		}
	}
	if p.image == everyImage {
		p.bounded = false
	}
	if p.bounded {
		p.bound = x.images[p.image].Position() + int64(a)%9001 - 64
	}
	return p
}

// begin makes what reads messages.
func (x *reader) begin(by assembler) error {
	x.by = by
	if !x.c {
		return nil
	}
	x.poller = &cgo.Poller{}
	x.tag = cgo.NewTag(x.poller)
	var errs [6]error
	x.plain, errs[0] = cgo.NewFragmentAssembler(x.tag)
	x.controlled, errs[1] = cgo.NewControlledFragmentAssembler(x.tag)
	for n := range x.images {
		x.ofImage[n], errs[2+n] = cgo.NewImageFragmentAssembler(x.tag)
		x.ofImageHeeded[n], errs[4+n] = cgo.NewImageControlledFragmentAssembler(x.tag)
	}
	return errors.Join(errs[:]...)
}

func (x *reader) end() error {
	if !x.c {
		return nil
	}
	err := errors.Join(x.plain.Delete(), x.controlled.Delete())
	for n := range x.images {
		err = errors.Join(err, x.ofImage[n].Delete(), x.ofImageHeeded[n].Delete())
	}
	x.tag.Free()
	return err
}

func (x *reader) poll(p poll) (o outcome) {
	o.poll = p.kind()
	if x.c {
		o.n, o.err = x.pollC(p, &o.read)
	} else {
		o.n, o.err = x.pollGo(p, &o.read)
	}
	return o
}

// pollGo polls by Go, or by whichever path Go has been told to take.
func (x *reader) pollGo(p poll, read *[]delivered) (int, error) {
	index := func(image *aeronc.Image) int {
		if image == x.images[0] {
			return 0
		}
		return 1
	}
	block := func(b aeronc.Block) {
		*read = append(*read, delivered{data: string(b.Data()), image: index(b.Image()), session: b.Image().SessionID(), id: b.TermID()})
	}
	controlled := func(f aeronc.Fragment) aeronc.Action {
		*read = append(*read, delivered{
			string(f.Data()), index(f.Image()), f.Position(), f.ReservedValue(), f.SessionID(), f.StreamID(), f.TermID(), f.TermOffset(), f.Flags(),
		})
		return p.answer(len(*read) - 1)
	}
	plain := func(f aeronc.Fragment) { controlled(f) }
	if p.image == everyImage {
		switch {
		case p.blocks:
			return x.s.PollBlocks(block, p.limit)
		case p.messages && p.controlled:
			return x.s.PollMessagesControlled(controlled, p.limit)
		case p.messages:
			return x.s.PollMessages(plain, p.limit)
		case p.controlled:
			return x.s.PollControlled(controlled, p.limit)
		}
		return x.s.Poll(plain, p.limit)
	}
	if p.messages {
		plain, controlled = aeronc.Assemble(plain), aeronc.AssembleControlled(controlled)
	}
	image := x.images[p.image]
	switch {
	case p.blocks:
		return image.PollBlock(block, p.limit)
	case p.bounded && p.controlled:
		return image.PollBoundedControlled(controlled, p.bound, p.limit)
	case p.bounded:
		return image.PollBounded(plain, p.bound, p.limit)
	case p.controlled:
		return image.PollControlled(controlled, p.limit)
	}
	return image.Poll(plain, p.limit)
}

// pollC polls by C alone.
func (x *reader) pollC(p poll, read *[]delivered) (int, error) {
	return x.s.ByC(func(raw cgo.Subscription, images []cgo.Image) (int, error) {
		var odd error
		index := func(session int32) int { return int(session) - 77 }
		x.poller.Block = func(frames unsafe.Pointer, length int, session, id int32) {
			data := string(unsafe.Slice((*byte)(frames), length))
			*read = append(*read, delivered{data: data, image: index(session), session: session, id: id})
		}
		x.poller.Fragment = func(data, _ unsafe.Pointer, length int) int32 {
			h, err := cgo.HeaderValues(x.poller.Header)
			if err != nil || cgo.HeaderImage(x.poller.Header) != images[index(h.SessionID)] {
				odd = errors.Join(errors.New("a header that cannot be"), err)
			}
			*read = append(*read, delivered{
				string(unsafe.Slice((*byte)(data), length)), index(h.SessionID), cgo.HeaderPosition(x.poller.Header), h.ReservedValue,
				h.SessionID, h.StreamID, h.TermID, h.TermOffset, h.Flags,
			})
			return int32(p.answer(len(*read) - 1))
		}
		before := x.consumed()
		n, err := x.pollRaw(p, raw, images, read)
		x.poller.Reraise()
		// Who reads fragments alone takes them away from the message that they are of. C's assemblers, which go by the offset in the
		// term, would take the one at the same place of a later term for it.
		for i, after := range x.consumed() {
			if !p.messages && after != before[i] {
				err = errors.Join(err, x.forget(i))
			}
		}
		return n, errors.Join(err, odd)
	})
}

func (x *reader) consumed() (positions [2]int64) {
	for n, image := range x.images {
		positions[n] = image.Position()
	}
	return positions
}

// forget drops what an image's message under way has.
func (x *reader) forget(image int) (err error) {
	session := x.images[image].SessionID()
	x.plain.DeleteSessionBuffer(session)
	x.controlled.DeleteSessionBuffer(session)
	deleted := errors.Join(x.ofImage[image].Delete(), x.ofImageHeeded[image].Delete())
	var err2 error
	x.ofImage[image], err = cgo.NewImageFragmentAssembler(x.tag)
	x.ofImageHeeded[image], err2 = cgo.NewImageControlledFragmentAssembler(x.tag)
	return errors.Join(deleted, err, err2)
}

func (x *reader) pollRaw(p poll, raw cgo.Subscription, images []cgo.Image, read *[]delivered) (int, error) {
	if p.image == everyImage {
		return x.pollAll(p, raw, images, read)
	}
	image, plain, controlled := images[p.image], x.tag.Handler(), x.tag.ControlledHandler()
	switch {
	case p.messages && x.by == imageAssembler:
		plain = x.ofImage[p.image].Handler()
	case p.messages && x.by == controlledImageAssembler:
		controlled = x.ofImageHeeded[p.image].Handler()
	case p.messages:
		plain, controlled = x.plain.Handler(), x.controlled.Handler()
	}
	switch {
	case p.blocks:
		return cgo.ImageBlockPoll(image, x.tag, p.limit)
	case p.bounded && p.controlled:
		return cgo.ImageBoundedControlledPoll(image, controlled, p.bound, p.limit)
	case p.bounded:
		return cgo.ImageBoundedPoll(image, plain, p.bound, p.limit)
	case p.controlled:
		return cgo.ImageControlledPoll(image, controlled, p.limit)
	}
	return cgo.ImagePoll(image, plain, p.limit)
}

// pollAll polls the subscription. A handler that ends a poll ends that of one image, in C, and of all in Go: that poll is made up of C's polls
// of the images, in C's order.
func (x *reader) pollAll(p poll, raw cgo.Subscription, images []cgo.Image, read *[]delivered) (n int, err error) {
	if p.blocks {
		return cgo.SubscriptionBlockPoll(raw, x.tag, p.limit)
	}
	plain, controlled := x.tag.Handler(), x.tag.ControlledHandler()
	if p.messages {
		plain, controlled = x.plain.Handler(), x.controlled.Handler()
	}
	first := x.turn
	if first >= len(images) {
		first = 0
	}
	x.turn = first + 1
	stop, some := p.stops()
	switch {
	case !p.controlled:
		return cgo.SubscriptionPoll(raw, plain, p.limit)
	case !some:
		return cgo.SubscriptionControlledPoll(raw, controlled, p.limit)
	}
	if _, err := cgo.SubscriptionControlledPoll(raw, controlled, 0); err != nil { // which only moves C's turn
		return 0, err
	}
	for i := range images {
		if n >= p.limit || len(*read) > stop {
			break
		}
		m, err := cgo.ImageControlledPoll(images[(first+i)%len(images)], controlled, p.limit-n)
		if err != nil {
			return n, err
		}
		n += m
	}
	return n, nil
}
