#define _DEFAULT_SOURCE /* on_exit */
#include "network/ranks.h"

#include "base/memory.h"
#include "network/pairwise_sum.h"

#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int opened, count = 1, rank, here = 1;
static char library[MPI_MAX_LIBRARY_VERSION_STRING];

/* ranks_pairwise_sum()'s: every rank's floats of the part that this one adds up; and how the floats
 * are cut into parts. */
static struct {
    float *pieces;
    size_t capacity;
    int *sizes, *starts, *own_sizes, *own_starts; /* [count] each, as MPI_Alltoallv takes them */
} sum;

/* Without it the others would wait for this rank forever. */
static void end_all(int status, void *unused)
{
    (void)unused;
    if (opened && count > 1)
        MPI_Abort(MPI_COMM_WORLD, status);
    if (opened)
        MPI_Finalize();
}

void ranks_open(void)
{
    int provided = MPI_THREAD_SINGLE, length = 0;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    opened = 1;
    if (on_exit(end_all, NULL) != 0)
        die("no memory for what is to be done at the end");
    if (provided < MPI_THREAD_FUNNELED)
        die("this MPI cannot run with threads (MPI_THREAD_FUNNELED); use another one");
    MPI_Comm machine;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    MPI_Comm_size(machine, &here);
    MPI_Comm_free(&machine);
    MPI_Get_library_version(library, &length);
    library[strcspn(library, ",\n")] = '\0';
    int **const arrays[] = {&sum.sizes, &sum.starts, &sum.own_sizes, &sum.own_starts};
    for (int i = 0; i < 4; i++)
        *arrays[i] = memory_zeroed((size_t)count, sizeof(int));
}

void ranks_close(void)
{
    opened = 0;
    free(sum.pieces);
    free(sum.sizes);
    free(sum.starts);
    free(sum.own_sizes);
    free(sum.own_starts);
    MPI_Finalize();
}

int ranks_count(void)
{
    return count;
}

int ranks_rank(void)
{
    return rank;
}

int ranks_here(void)
{
    return here;
}

const char *ranks_library(void)
{
    return library;
}

void ranks_first_begin(void)
{
    if (rank > 0)
        MPI_Barrier(MPI_COMM_WORLD);
}

void ranks_first_end(void)
{
    if (rank == 0)
        MPI_Barrier(MPI_COMM_WORLD);
}

void ranks_gather(void *all, size_t bytes)
{
    if (count > 1)
        MPI_Allgather(MPI_IN_PLACE, 0, MPI_BYTE, all, (int)bytes, MPI_BYTE, MPI_COMM_WORLD);
}

/* Cut the floats into a part a rank. */
static void cut(size_t floats)
{
    for (int r = 0; r < count; r++) {
        const size_t from = floats * (size_t)r / (size_t)count;
        sum.starts[r] = (int)from;
        sum.sizes[r] = (int)(floats * (size_t)(r + 1) / (size_t)count - from);
    }
    const int own = sum.sizes[rank];
    for (int r = 0; r < count; r++) {
        sum.own_sizes[r] = own;
        sum.own_starts[r] = r * own;
    }
}

/* Each rank adds up one part for all: in the tree's order, whatever their number, and with every
 * float sent twice, where sending all to all would send it `count` times. */
void ranks_pairwise_sum(float *floats, size_t length)
{
    if (count == 1)
        return;
    if (length > INT32_MAX)
        BUG("more floats than an MPI message can count");
    cut(length);
    const size_t own = (size_t)sum.sizes[rank], needed = own * (size_t)count;
    if (needed > sum.capacity) {
        free(sum.pieces);
        sum.pieces = memory_floats(needed);
        sum.capacity = needed;
    }
    MPI_Alltoallv(floats, sum.sizes, sum.starts, MPI_FLOAT, sum.pieces, sum.own_sizes,
                  sum.own_starts, MPI_FLOAT, MPI_COMM_WORLD);
    pairwise_sum(sum.pieces, own, count, own);
    memcpy(floats + sum.starts[rank], sum.pieces, own * sizeof *floats);
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_FLOAT, floats, sum.sizes, sum.starts, MPI_FLOAT,
                   MPI_COMM_WORLD);
}

void ranks_broadcast(void *data, size_t bytes)
{
    enum { PIECE = 1 << 30 }; /* an MPI message counts in an int */
    for (size_t at = 0; count > 1 && at < bytes; at += PIECE) {
        const size_t left = bytes - at;
        MPI_Bcast((char *)data + at, left < PIECE ? (int)left : PIECE, MPI_BYTE, 0, MPI_COMM_WORLD);
    }
}

int ranks_any(int flag)
{
    int any = flag;
    if (count > 1)
        MPI_Allreduce(&flag, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    return any;
}

void ranks_agree(const char *what, const char *text)
{
    enum { LENGTH = 512 };
    char *all = memory_zeroed((size_t)count, LENGTH);
    if (strlen(text) >= LENGTH)
        BUG("a text that is too long for ranks to agree on");
    memcpy(all + (size_t)rank * LENGTH, text, strlen(text));
    ranks_gather(all, LENGTH);
    ranks_first_begin(); /* one of them speaks */
    for (int r = 1; r < count; r++)
        if (strcmp(all, all + (size_t)r * LENGTH) != 0)
            die("rank %d differs from rank 0 in the %s: \"%s\", not \"%s\"; all ranks must have "
                "the same",
                r, what, all + (size_t)r * LENGTH, all);
    ranks_first_end();
    free(all);
}
