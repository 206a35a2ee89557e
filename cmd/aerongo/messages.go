package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// batch is what one read of the input gave: whole messages, and how the input ended if it did.
type batch struct {
	data []byte
	ends []int // where in data each message ends; skip bytes are between it and the next
	skip int
	err  error // io.EOF at the end of the input
}

// messages are the messages of the batch, valid until the next batch is taken.
func (b *batch) messages() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		begin := 0
		for _, end := range b.ends {
			if !yield(b.data[begin:end]) {
				return
			}
			begin = end + b.skip
		}
	}
}

// cutter splits input into messages.
type cutter struct {
	skip int // bytes between two messages that belong to neither
	// cut appends to ends where the whole messages of data end, and returns how many bytes of data they take. last says that
	// nothing follows.
	cut func(data []byte, ends []int, last bool) ([]int, int, error)
}

// cutLines makes a message of every line, without its newline. A last line may lack one.
func cutLines(limit int) cutter {
	number := 0
	tooLong := func(line int, atLeast string, length int) error {
		return fmt.Errorf("line %d has %s%d bytes: a message of this stream has at most %d; shorten it, or send with --raw", line, atLeast, length, limit)
	}
	return cutter{skip: 1, cut: func(data []byte, ends []int, last bool) ([]int, int, error) {
		begin := 0
		for {
			length := bytes.IndexByte(data[begin:], '\n')
			whole := length >= 0
			if !whole {
				if length = len(data) - begin; length == 0 || !last && length <= limit {
					return ends, begin, nil
				}
			}
			if length > limit {
				if whole || last {
					return ends, begin, tooLong(number+1, "", length)
				}
				return ends, begin, tooLong(number+1, "at least ", length)
			}
			number++
			ends = append(ends, begin+length)
			if !whole {
				return ends, len(data), nil
			}
			begin += length + 1
		}
	}}
}

// cutBlocks makes messages of size bytes each; the last one may be shorter.
func cutBlocks(size int) cutter {
	return cutter{cut: func(data []byte, ends []int, last bool) ([]int, int, error) {
		begin := 0
		for len(data)-begin >= size {
			begin += size
			ends = append(ends, begin)
		}
		if last && begin < len(data) {
			begin = len(data)
			ends = append(ends, begin)
		}
		return ends, begin, nil
	}}
}

const readLength = 256 << 10

// readMessages reads ahead on a goroutine of its own, since a read of standard input cannot be ended. A batch is valid until the next
// one is received. What is complete is passed on without waiting for more. The goroutine ends with the input, or at its
// next message after quit is closed.
func readMessages(input io.Reader, c cutter, quit <-chan struct{}) <-chan batch {
	batches := make(chan batch)
	go func() {
		// Two buffers take turns: the receiver is done with one when it takes the other.
		var buffers [2]batch
		rest := []byte(nil)
		for turn := 0; ; turn++ {
			b := &buffers[turn%len(buffers)]
			b.skip = c.skip
			b.data = append(b.data[:0], rest...)
			var last bool
			var failure error
			for b.ends = b.ends[:0]; len(b.ends) == 0 && !last && failure == nil; {
				last, failure = b.fill(input)
				if len(b.data) > len(rest) || last {
					var used int
					var long error
					b.ends, used, long = c.cut(b.data, b.ends, last)
					if long != nil {
						failure = long
					}
					rest = b.data[used:]
				}
			}
			switch {
			case failure != nil:
				b.err = failure
			case last:
				b.err = io.EOF
			}
			select {
			case batches <- *b:
			case <-quit:
				return
			}
			if b.err != nil {
				return
			}
		}
	}()
	return batches
}

// fill reads once.
func (b *batch) fill(input io.Reader) (last bool, err error) {
	if cap(b.data)-len(b.data) < readLength {
		b.data = append(make([]byte, 0, 2*len(b.data)+2*readLength), b.data...)
	}
	n, err := input.Read(b.data[len(b.data):cap(b.data)])
	b.data = b.data[:len(b.data)+n]
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the input: %w", err)
	}
	return false, nil
}
