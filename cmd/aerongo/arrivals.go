package main

import (
	"maps"

	"github.com/aeroncgo/aeron"
)

// arrivals are the publishers that have come to a subscription. Those that have gone are not kept: they may come and go for years.
type arrivals struct {
	any   bool
	there map[*aeron.Image]struct{}
}

// note remembers a publisher by its image.
func (a *arrivals) note(image *aeron.Image) {
	if _, known := a.there[image]; known {
		return
	}
	if a.there == nil {
		a.there = map[*aeron.Image]struct{}{}
	}
	maps.DeleteFunc(a.there, func(i *aeron.Image, _ struct{}) bool { return i.IsClosed() })
	a.any, a.there[image] = true, struct{}{}
}

// allEnded reports whether at least one publisher has come and all that came are at their end.
func (a *arrivals) allEnded(sub *aeron.Subscription) bool {
	for _, image := range sub.Images() {
		a.note(image)
	}
	for image := range a.there {
		if !image.IsEndOfStream() && !image.IsClosed() {
			return false
		}
	}
	return a.any
}
