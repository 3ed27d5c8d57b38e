/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <stddef.h>
#include <stdint.h>

/* What each target of this directory is: libFuzzer calls it with inputs that it thinks of, and
 * replay-main.c with those of the corpus. It aborts if the program does anything wrong with SIZE
 * bytes at DATA; it returns 0. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
