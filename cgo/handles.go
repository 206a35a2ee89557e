package cgo

// #include "shim.h"
import "C"

import (
	"sync/atomic"
	"unsafe"

	"github.com/mattn/go-pointer"
)

// Tag stands for a Go value behind a C void pointer. One is made per long-lived object, never per call or message.
type Tag struct{ p unsafe.Pointer }

var liveTags, liveListeners atomic.Int64

// NewTag makes a tag for v. Free it when C can no longer hand it back.
func NewTag(v any) Tag {
	liveTags.Add(1)
	return Tag{pointer.Save(v)}
}

// Value is what the tag stands for, or nil once it was freed.
func (t Tag) Value() any { return pointer.Restore(t.p) }

// Free forgets the value.
func (t Tag) Free() {
	if t.p != nil {
		liveTags.Add(-1)
		pointer.Unref(t.p)
	}
}

// LiveTags is how many tags are not freed, for leak checks.
func LiveTags() int64 { return liveTags.Load() }

// Listener ties a tag to an event queue: the clientd of C's callbacks. It must live until C can no longer call.
type Listener struct{ c *C.aerongo_listener_t }

// NewListener makes a listener in C memory that records events for tag into q.
func NewListener(q Events, tag Tag) Listener {
	liveListeners.Add(1)
	return Listener{C.aerongo_listener_create(q.c, tag.p)}
}

// Free releases the listener's memory.
func (l Listener) Free() {
	if l.c != nil {
		liveListeners.Add(-1)
		C.aerongo_listener_free(l.c)
	}
}

// LiveListeners is how many listeners are not freed, for leak checks.
func LiveListeners() int64 { return liveListeners.Load() }
