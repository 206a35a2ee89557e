package idle

import "time"

// Recorder stands in for the ways to wait: it notes what a backoff would have done.
type Recorder struct {
	Did   []string
	Parks []time.Duration
}

func (r *Recorder) spin()  { r.Did = append(r.Did, "spin") }
func (r *Recorder) yield() { r.Did = append(r.Did, "yield") }

func (r *Recorder) park(d time.Duration) {
	r.Did = append(r.Did, "park")
	r.Parks = append(r.Parks, d)
}

// Record makes a strategy of BackoffWith tell a Recorder what it does instead of doing it.
func Record(s Strategy) *Recorder {
	r := &Recorder{}
	s.(*backoff).act = r
	return r
}

// SleepPeriod returns what Sleep was given.
func SleepPeriod(s Strategy) (time.Duration, bool) {
	sl, ok := s.(sleeper)
	return sl.period, ok
}

// BackoffLimits returns what BackoffWith made of its arguments.
func BackoffLimits(s Strategy) (maxSpins, maxYields int, minPark, maxPark time.Duration, ok bool) {
	b, ok := s.(*backoff)
	if !ok {
		return 0, 0, 0, 0, false
	}
	return b.maxSpins, b.maxYields, b.minPark, b.maxPark, true
}

// SchedulerRan tells a strategy of Yield how long a run of the Go scheduler took, and returns after how many idle turns the next is due.
func SchedulerRan(s Strategy, took time.Duration) int {
	y := s.(*yielder)
	y.took(took)
	return int(y.every)
}
