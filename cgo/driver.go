package cgo

// #include "shim.h"
import "C"

// Driver is a C media driver.
type Driver struct{ c *C.aeron_driver_t }

// DriverInit makes a driver: it empties and fills the directory, and fails if an active driver is there.
//
// C: aeron_driver_init
func DriverInit(c *DriverContext, fromEnv bool) (Driver, error) {
	r := C.aerongo_driver_init(c.c, flag(fromEnv))
	return Driver{(*C.aeron_driver_t)(r.ptr)}, errorOf("create driver", r)
}

// DriverStart starts the driver's threads, or none if manual.
//
// C: aeron_driver_start
func DriverStart(d Driver, manual, fromEnv bool) error {
	return errorOf("start driver", C.aerongo_driver_start(d.c, C.bool(manual), flag(fromEnv)))
}

// DriverMainDoWork runs one duty cycle of a manual driver.
//
// C: aeron_driver_main_do_work
func DriverMainDoWork(d Driver) (int, error) {
	r := C.aerongo_driver_main_do_work(d.c)
	return int(r.value), errorOf("driver duty cycle", r)
}

// DriverClose stops the threads and frees the driver. The context stays.
//
// C: aeron_driver_close
func DriverClose(d Driver) error { return errorOf("close driver", C.aerongo_driver_close(d.c)) }

// DriverMainIdleStrategy idles as a driver without threads would after a duty cycle that did workCount.
//
// C: aeron_driver_main_idle_strategy
func DriverMainIdleStrategy(d Driver, workCount int) {
	C.aerongo_driver_main_idle_strategy(d.c, C.int(workCount))
}
