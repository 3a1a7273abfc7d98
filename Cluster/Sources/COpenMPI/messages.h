#ifndef C_OPEN_MPI_MESSAGES_H
#define C_OPEN_MPI_MESSAGES_H

// The few calls of MPI that the command needs: what MPI names by macros, Swift cannot see. Each returns MPI's own
// error, which by default ends every rank before it returns.

#include <mpi.h>
#include <stdint.h>

static inline int messages_start(void) {
    int provided;
    return MPI_Init_thread(0, 0, MPI_THREAD_FUNNELED, &provided);
}

static inline int messages_end(void) { return MPI_Finalize(); }

static inline void messages_abort(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

static inline int messages_rank(void) {
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

static inline int messages_count_of_ranks(void) {
    int count = 1;
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    return count;
}

static inline int messages_send(const void *bytes, int count, int rank) {
    return MPI_Send(bytes, count, MPI_BYTE, rank, 0, MPI_COMM_WORLD);
}

// Whether a message waits, from whom and how long.
static inline int messages_waiting(int *rank, int *count) {
    int flag = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &flag, &status);
    if (!flag) return 0;
    *rank = status.MPI_SOURCE;
    MPI_Get_count(&status, MPI_BYTE, count);
    return 1;
}

// Waits for a message of a rank; how long it is.
static inline int messages_await(int rank) {
    MPI_Status status;
    int count = 0;
    MPI_Probe(rank, 0, MPI_COMM_WORLD, &status);
    MPI_Get_count(&status, MPI_BYTE, &count);
    return count;
}

static inline int messages_receive(void *bytes, int count, int rank) {
    return MPI_Recv(bytes, count, MPI_BYTE, rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static inline int messages_broadcast(void *bytes, int count, int rank) {
    return MPI_Bcast(bytes, count, MPI_BYTE, rank, MPI_COMM_WORLD);
}

// Sums of whole numbers, and largest numbers, over all ranks: neither depends on the order.
static inline int messages_sum(int64_t *numbers, int count) {
    return MPI_Allreduce(MPI_IN_PLACE, numbers, count, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
}

static inline int messages_largest(double *numbers, int count) {
    return MPI_Allreduce(MPI_IN_PLACE, numbers, count, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
}

static inline void messages_barrier(void) { MPI_Barrier(MPI_COMM_WORLD); }

#endif
