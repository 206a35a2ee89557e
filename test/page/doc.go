// Package page looks at the page of aerongo serve in a real browser: what it shows of a driver with traffic, the keyboard, dark mode, what
// assistive programs are told, and that it loads nothing from elsewhere. `make page` runs it; `make picture` makes the picture in docs anew.
package page
