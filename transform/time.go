package transform

// microsOfDay is the length of a day in a timestamp's unit.
const microsOfDay = 24 * 60 * 60 * 1_000_000

// parseTime reads an RFC 3339 time with upper-case T and Z, and gives microseconds
// since the epoch, UTC. Digits of the second beyond the sixth must be zeros, and
// leap seconds are refused: neither can be written without changing the value.
func parseTime(b []byte) (int64, bool) {
	if len(b) < len("2006-01-02T15:04:05Z") || b[10] != 'T' || b[13] != ':' || b[16] != ':' {
		return 0, false
	}
	day, ok := parseDate(b[:10])
	hour, ok1 := twoDigits(b[11:])
	minute, ok2 := twoDigits(b[14:])
	second, ok3 := twoDigits(b[17:])
	if !ok || !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	micros, b, ok := parseFraction(b[19:])
	if !ok {
		return 0, false
	}
	offset, ok := parseOffset(b)
	seconds := day*24*60*60 + (hour*60+minute-offset)*60 + second
	return seconds*1_000_000 + micros, ok
}

// parseFraction reads what may follow the second and gives what is left.
func parseFraction(b []byte) (micros int64, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '.' {
		return 0, b, true
	}
	end := 1
	for end < len(b) && b[end] >= '0' && b[end] <= '9' {
		end++
	}
	if end == 1 {
		return 0, nil, false
	}
	for i := 1; i < max(end, 7); i++ {
		switch {
		case i >= end:
			micros *= 10
		case i < 7:
			micros = micros*10 + int64(b[i]-'0')
		case b[i] != '0':
			return 0, nil, false
		}
	}
	return micros, b[end:], true
}

// parseOffset reads Z or ±hh:mm and gives minutes east of UTC.
func parseOffset(b []byte) (int64, bool) {
	if len(b) == 1 {
		return 0, b[0] == 'Z'
	}
	if len(b) != len("+00:00") || b[3] != ':' || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	hours, ok := twoDigits(b[1:])
	minutes, ok1 := twoDigits(b[4:])
	offset := hours*60 + minutes
	if b[0] == '-' {
		offset = -offset
	}
	return offset, ok && ok1 && hours <= 23 && minutes <= 59
}

// parseDate reads YYYY-MM-DD and gives days since the epoch.
func parseDate(b []byte) (int64, bool) {
	if len(b) != len("2006-01-02") || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	century, ok := twoDigits(b)
	rest, ok1 := twoDigits(b[2:])
	month, ok2 := twoDigits(b[5:])
	day, ok3 := twoDigits(b[8:])
	year := century*100 + rest
	if !ok || !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	return epochDay(year, month, day), true
}

func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// epochDay counts days of the Gregorian calendar from 1970-01-01. Years begin in
// March, so that the leap day is a year's last.
func epochDay(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func twoDigits(b []byte) (int64, bool) {
	tens, ones := b[0]-'0', b[1]-'0'
	return int64(tens)*10 + int64(ones), tens <= 9 && ones <= 9
}
