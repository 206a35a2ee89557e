package page

// Publish gives a state to all who watch.
func (p *Page) Publish(state []byte) { p.publish(state) }
