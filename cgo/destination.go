package cgo

// #include "shim.h"
import "C"

// asyncDestination is a change of destinations that the driver has not answered. Its poll says so by true; after that, and after an
// error, it is gone.
type asyncDestination struct {
	c *C.aeron_async_destination_t
}

// RegistrationID is the id of the request, and of the destination that it adds.
//
// C: aeron_async_destination_get_registration_id
func (a asyncDestination) RegistrationID() int64 {
	return int64(C.aeron_async_destination_get_registration_id(a.c))
}

func destinationAsked(r C.aerongo_result_t) (asyncDestination, error) {
	return asyncDestination{(*C.aeron_async_destination_t)(r.ptr)}, errorOf("change destination", r)
}

// PublicationDestination is a change of a publication's destinations that the driver has not answered.
type PublicationDestination struct{ asyncDestination }

// Poll reports whether the driver has answered.
//
// C: aeron_publication_async_destination_poll
func (a PublicationDestination) Poll() (bool, error) {
	r := C.aerongo_publication_async_destination_poll(a.c)
	return r.value > 0, errorOf("change destination", r)
}

// PublicationAddDestination asks the driver to add a destination.
//
// C: aeron_publication_async_add_destination
func PublicationAddDestination(client Client, p Publication, channel string) (PublicationDestination, error) {
	uri, free, err := cString("change destination", channel)
	if err != nil {
		return PublicationDestination{}, err
	}
	defer free()
	a, err := destinationAsked(C.aerongo_publication_async_add_destination(client.c, p.c, uri))
	return PublicationDestination{a}, err
}

// PublicationRemoveDestination asks the driver to remove a destination.
//
// C: aeron_publication_async_remove_destination
func PublicationRemoveDestination(client Client, p Publication, channel string) (PublicationDestination, error) {
	uri, free, err := cString("change destination", channel)
	if err != nil {
		return PublicationDestination{}, err
	}
	defer free()
	a, err := destinationAsked(C.aerongo_publication_async_remove_destination(client.c, p.c, uri))
	return PublicationDestination{a}, err
}

// PublicationRemoveDestinationByID asks the driver to remove the destination with a registration id.
//
// C: aeron_publication_async_remove_destination_by_id
func PublicationRemoveDestinationByID(client Client, p Publication, id int64) (PublicationDestination, error) {
	a, err := destinationAsked(C.aerongo_publication_async_remove_destination_by_id(client.c, p.c, C.int64_t(id)))
	return PublicationDestination{a}, err
}

// ExclusivePublicationDestination is a change of a exclusive publication's destinations that the driver has not answered.
type ExclusivePublicationDestination struct{ asyncDestination }

// Poll reports whether the driver has answered.
//
// C: aeron_exclusive_publication_async_destination_poll
func (a ExclusivePublicationDestination) Poll() (bool, error) {
	r := C.aerongo_exclusive_publication_async_destination_poll(a.c)
	return r.value > 0, errorOf("change destination", r)
}

// ExclusivePublicationAddDestination asks the driver to add a destination.
//
// C: aeron_exclusive_publication_async_add_destination
func ExclusivePublicationAddDestination(client Client, p ExclusivePublication, channel string) (ExclusivePublicationDestination, error) {
	uri, free, err := cString("change destination", channel)
	if err != nil {
		return ExclusivePublicationDestination{}, err
	}
	defer free()
	a, err := destinationAsked(C.aerongo_exclusive_publication_async_add_destination(client.c, p.c, uri))
	return ExclusivePublicationDestination{a}, err
}

// ExclusivePublicationRemoveDestination asks the driver to remove a destination.
//
// C: aeron_exclusive_publication_async_remove_destination
func ExclusivePublicationRemoveDestination(client Client, p ExclusivePublication, channel string) (ExclusivePublicationDestination, error) {
	uri, free, err := cString("change destination", channel)
	if err != nil {
		return ExclusivePublicationDestination{}, err
	}
	defer free()
	a, err := destinationAsked(C.aerongo_exclusive_publication_async_remove_destination(client.c, p.c, uri))
	return ExclusivePublicationDestination{a}, err
}

// ExclusivePublicationRemoveDestinationByID asks the driver to remove the destination with a registration id.
//
// C: aeron_exclusive_publication_async_remove_destination_by_id
func ExclusivePublicationRemoveDestinationByID(client Client, p ExclusivePublication, id int64) (ExclusivePublicationDestination, error) {
	a, err := destinationAsked(C.aerongo_exclusive_publication_async_remove_destination_by_id(client.c, p.c, C.int64_t(id)))
	return ExclusivePublicationDestination{a}, err
}

// SubscriptionDestination is a change of a subscription's destinations that the driver has not answered.
type SubscriptionDestination struct{ asyncDestination }

// Poll reports whether the driver has answered.
//
// C: aeron_subscription_async_destination_poll
func (a SubscriptionDestination) Poll() (bool, error) {
	r := C.aerongo_subscription_async_destination_poll(a.c)
	return r.value > 0, errorOf("change destination", r)
}

// SubscriptionAddDestination asks the driver to add a destination.
//
// C: aeron_subscription_async_add_destination
func SubscriptionAddDestination(client Client, p Subscription, channel string) (SubscriptionDestination, error) {
	uri, free, err := cString("change destination", channel)
	if err != nil {
		return SubscriptionDestination{}, err
	}
	defer free()
	a, err := destinationAsked(C.aerongo_subscription_async_add_destination(client.c, p.c, uri))
	return SubscriptionDestination{a}, err
}

// SubscriptionRemoveDestination asks the driver to remove a destination.
//
// C: aeron_subscription_async_remove_destination
func SubscriptionRemoveDestination(client Client, p Subscription, channel string) (SubscriptionDestination, error) {
	uri, free, err := cString("change destination", channel)
	if err != nil {
		return SubscriptionDestination{}, err
	}
	defer free()
	a, err := destinationAsked(C.aerongo_subscription_async_remove_destination(client.c, p.c, uri))
	return SubscriptionDestination{a}, err
}
