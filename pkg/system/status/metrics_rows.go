package status

// Each gives the values of many samples at once: value is called with the place of
// each of the labels, which are in order and different, while the text is written,
// and returns false for a sample that there is not. It takes the place of what was set. Labels
// that Labels has written can be kept for the next time: where there are thousands
// of samples, little else is left to do than to copy them.
func (f *Family) Each(labels []Labels, value func(i int) (float64, bool)) {
	f.rows, f.value = labels, value
}

// appendRows is append of what Each has given.
func (f *Family) appendRows(b []byte) []byte {
	for i, labels := range f.rows {
		v, ok := f.value(i)
		if !ok {
			continue
		}
		b = append(b, f.name...)
		b = append(b, labels...)
		b = append(b, ' ')
		b = appendValue(b, v)
		b = append(b, '\n')
	}
	return b
}

// any reports whether there is a sample.
func (f *Family) any() bool {
	if len(f.samples) > 0 {
		return true
	}
	for i := range f.rows {
		if _, ok := f.value(i); ok {
			return true
		}
	}
	return false
}
