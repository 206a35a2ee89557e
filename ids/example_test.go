package ids_test

import (
	"errors"
	"fmt"

	"github.com/aeroncgo/aeron/ids"
)

func Example() {
	id, err := ids.Sessions.Allocate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("in use:", ids.Sessions.Outstanding())
	fmt.Println(ids.CheckLeaks())

	if err := ids.Sessions.Free(id); err != nil {
		fmt.Println(err)
	}
	fmt.Println("in use:", ids.Sessions.Outstanding(), "leaked:", ids.CheckLeaks())
	// Output:
	// in use: 1
	// ids: check (sessions, streams): ids are still allocated: 1 session ids and 0 stream ids; free each id when its publication or subscription is closed
	// in use: 0 leaked: <nil>
}

func ExampleNew() {
	own, err := ids.New(1000, 1003)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range own.Capacity() {
		if _, err := own.Allocate(); err != nil {
			fmt.Println(err)
		}
	}
	_, err = own.Allocate()
	fmt.Println(errors.Is(err, ids.ErrExhausted), err)
	// Output: true ids: allocate (1000 to 1003): every id is in use: 3 of 3; free ids that are no longer needed
}

func ExampleAllocator_Free() {
	own, err := ids.New(1, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(own.Free(3))
	fmt.Println(own.Free(77))
	// Output:
	// ids: free (1 to 10): id is not allocated: id 3 was freed before, or never allocated; free each id once
	// ids: free (1 to 10): id is not allocated: id 77 is not one of the pool's 1 to 9; free it where it came from
}
