package jsonscan

// Member gives the value of a key of a well-formed object; nil if there is none.
func Member(object []byte, name string) (found []byte) {
	if len(object) == 0 || object[0] != '{' {
		return nil
	}
	s := &Scanner{Data: object}
	s.Object(0, 0, func(key []byte, i int) int {
		end := s.Skip(i, 1)
		if string(key) == name && end > 0 {
			found = object[i:end:end]
		}
		return end
	})
	return found
}

// Elements gives the elements of a well-formed array; none of another value.
func Elements(array []byte) (list [][]byte) {
	if len(array) == 0 || array[0] != '[' {
		return nil
	}
	s := &Scanner{Data: array}
	s.Array(0, 0, func(i int) int {
		end := s.Skip(i, 1)
		if end > 0 {
			list = append(list, array[i:end:end])
		}
		return end
	})
	return list
}
