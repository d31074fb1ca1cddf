#pragma once

/// Makes a mapped device of one line, and removes it, with libdevmapper: 0, or -1 when a step failed.
int devmapper_cycle(const char *name, unsigned long long length, const char *target, const char *arguments);
