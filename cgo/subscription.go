package cgo

// #include "shim.h"
import "C"

import "unsafe"

// Subscription is a C subscription.
type Subscription struct{ c *C.aeron_subscription_t }

// AsyncAddSubscription is an add that the driver has not answered.
type AsyncAddSubscription struct {
	c *C.aeron_async_add_subscription_t
}

// SubscriptionInfo is what does not change while a subscription is open. ImageList is the address of a word that changes with
// every image that comes or goes.
type SubscriptionInfo struct {
	RegistrationID           int64
	StreamID                 int32
	ChannelStatusIndicatorID int32
	ImageList                *uintptr
}

// AddAsyncSubscription asks the driver for a subscription; l hears of its images.
//
// C: aeron_async_add_subscription
func AddAsyncSubscription(client Client, channel string, streamID int32, l Listener) (AsyncAddSubscription, error) {
	uri, free, err := cString("add subscription", channel)
	if err != nil {
		return AsyncAddSubscription{}, err
	}
	defer free()
	r := C.aerongo_async_add_subscription(client.c, uri, C.int32_t(streamID), l.c)
	return AsyncAddSubscription{(*C.aeron_async_add_subscription_t)(r.ptr)}, errorOf("add subscription", r)
}

// Poll reports whether the driver has answered. After true, and after an error, the add is gone.
//
// C: aeron_async_add_subscription_poll
func (a AsyncAddSubscription) Poll() (Subscription, bool, error) {
	r := C.aerongo_async_add_subscription_poll(a.c)
	return Subscription{(*C.aeron_subscription_t)(r.ptr)}, r.ptr != nil, errorOf("add subscription", r)
}

// RegistrationID is the id that the driver knows the subscription by.
//
// C: aeron_async_add_subscription_get_registration_id
func (a AsyncAddSubscription) RegistrationID() int64 {
	return int64(C.aeron_async_add_subscription_get_registration_id(a.c))
}

// Cancel takes an add back that was not polled to its end; it is gone after nil. The listener may hear of images until the conductor has
// come to it, which nothing tells.
//
// C: aeron_async_add_subscription_cancel
func (a AsyncAddSubscription) Cancel(client Client) error {
	return errorOf("cancel add", C.aerongo_async_add_subscription_cancel(client.c, a.c))
}

// RemoveSubscription takes a subscription back by its registration id, whether the driver has answered the add or not; l hears when
// nothing of it is left. An add that was not answered is gone after nil.
//
// C: aeron_async_remove_subscription
func RemoveSubscription(client Client, registrationID int64, l Listener) error {
	return errorOf("remove subscription", C.aerongo_async_remove_subscription(client.c, C.int64_t(registrationID), l.c))
}

// SubscriptionConstants fills in what does not change while s is open.
//
// C: aeron_subscription_constants
func SubscriptionConstants(s Subscription) (SubscriptionInfo, error) {
	var info C.aerongo_subscription_info_t
	r := C.aerongo_subscription_constants(s.c, &info)
	return SubscriptionInfo{
		RegistrationID:           int64(info.registration_id),
		StreamID:                 int32(info.stream_id),
		ChannelStatusIndicatorID: int32(info.channel_status_indicator_id),
		ImageList:                (*uintptr)(unsafe.Pointer(info.image_list)),
	}, errorOf("subscription constants", r)
}

// SubscriptionRetainImages retains every image that s has now and says which list that was. Owner of the subscription only.
func SubscriptionRetainImages(s Subscription) ([]Image, uintptr) {
	for capacity := 8; ; {
		images := make([]Image, capacity)
		var list unsafe.Pointer
		n := int(C.aerongo_subscription_retain_images(
			s.c, (**C.aeron_image_t)(unsafe.Pointer(unsafe.SliceData(images))), C.int64_t(capacity), &list))
		if n <= capacity {
			return images[:n], uintptr(list)
		}
		capacity = n
	}
}

// SubscriptionIsConnected reports whether s has an image that is not closed. Owner of the subscription only.
//
// C: aeron_subscription_is_connected
func SubscriptionIsConnected(s Subscription) bool {
	return bool(C.aerongo_subscription_is_connected(s.c))
}

// SubscriptionImageCount is how many images s has. Owner of the subscription only.
//
// C: aeron_subscription_image_count
func SubscriptionImageCount(s Subscription) (int, error) {
	r := C.aerongo_subscription_image_count(s.c)
	return int(r.value), errorOf("image count", r)
}

// SubscriptionImageBySessionID retains the image of a session; false if there is none. Owner of the subscription only.
//
// C: aeron_subscription_image_by_session_id
func SubscriptionImageBySessionID(s Subscription, sessionID int32) (Image, bool) {
	i := C.aerongo_subscription_image_by_session_id(s.c, C.int32_t(sessionID))
	return Image{i}, i != nil
}

// SubscriptionImageAtIndex retains an image by its place in the list; false if there is none. Owner of the subscription only.
//
// C: aeron_subscription_image_at_index
func SubscriptionImageAtIndex(s Subscription, index int) (Image, bool) {
	i := C.aerongo_subscription_image_at_index(s.c, C.size_t(index))
	return Image{i}, i != nil
}

// SubscriptionForEachImage lists up to capacity images without retaining them. Owner of the subscription only.
//
// C: aeron_subscription_for_each_image
func SubscriptionForEachImage(s Subscription, capacity int) []Image {
	images := make([]Image, capacity)
	n := int(C.aerongo_subscription_for_each_image(
		s.c, (**C.aeron_image_t)(unsafe.Pointer(unsafe.SliceData(images))), C.int64_t(capacity)))
	return images[:min(n, capacity)]
}

// SubscriptionImageRetain holds an image for as long as it is not released; without effect on one that s does not list.
//
// C: aeron_subscription_image_retain
func SubscriptionImageRetain(s Subscription, i Image) error {
	return errorOf("retain image", C.aerongo_subscription_image_retain(s.c, i.c))
}

// SubscriptionImageRelease gives an image back; without effect on one that s does not list: see ImageRelease.
//
// C: aeron_subscription_image_release
func SubscriptionImageRelease(s Subscription, i Image) error {
	return errorOf("release image", C.aerongo_subscription_image_release(s.c, i.c))
}

// SubscriptionChannelStatus is 1 for active and -1 for errored, and -1 for every IPC channel, which has no status.
//
// C: aeron_subscription_channel_status
func SubscriptionChannelStatus(s Subscription) int64 {
	return int64(C.aerongo_subscription_channel_status(s.c))
}

// SubscriptionIsClosed reports whether the client has given the subscription up.
//
// C: aeron_subscription_is_closed
func SubscriptionIsClosed(s Subscription) bool { return bool(C.aerongo_subscription_is_closed(s.c)) }

// SubscriptionClose asks the conductor to free s, which must not be used again and whose images must have been released; l
// hears when that is done, unless the client has given up: then never.
//
// C: aeron_subscription_close
func SubscriptionClose(s Subscription, l Listener) error {
	return errorOf("close subscription", C.aerongo_subscription_close(s.c, l.c))
}

// SubscriptionLocalAddresses are the addresses that the subscription's channel is bound to, up to limit of them, which must be positive.
//
// C: aeron_subscription_local_sockaddrs
func SubscriptionLocalAddresses(s Subscription, limit int) ([]string, error) {
	v := newAddresses(limit)
	r := C.aerongo_subscription_local_sockaddrs(s.c, v.c(), C.size_t(max(limit, 0)))
	return v.texts(r.value), errorOf("local addresses", r)
}

// SubscriptionResolvedEndpoint is the address that the channel's endpoint is bound to, or "" while it is not.
//
// C: aeron_subscription_resolved_endpoint
func SubscriptionResolvedEndpoint(s Subscription) (string, error) {
	var address [maxAddress]C.char
	r := C.aerongo_subscription_resolved_endpoint(s.c, &address[0], maxAddress)
	if r.value <= 0 {
		return "", errorOf("resolved endpoint", r)
	}
	return C.GoString(&address[0]), nil
}

// SubscriptionTryResolveChannelEndpointPort is the channel with the port that the system chose in place of port 0; the channel as it
// is if it names a port; and "" while none is bound.
//
// C: aeron_subscription_try_resolve_channel_endpoint_port
func SubscriptionTryResolveChannelEndpointPort(s Subscription) (string, error) {
	uri := make([]C.char, maxText+1)
	r := C.aerongo_subscription_try_resolve_channel_endpoint_port(s.c, &uri[0], C.size_t(len(uri)))
	if err := errorOf("resolve endpoint port", r); err != nil {
		return "", err
	}
	return C.GoString(&uri[0]), nil
}
