/*
 * network_fixture - networks for tests: parameters of which none is left at 0 or 1, synthetic
 * images, and a check of the gradients against the slopes of a naive loss.
 */
#ifndef KDECAY_TESTS_NETWORK_FIXTURE_H
#define KDECAY_TESTS_NETWORK_FIXTURE_H

#include "network/network.h"
#include "tests/reference.h"

/* The experiment of a text, which is freed. Fails the test if it is none. */
struct experiment network_fixture_parse(char *text);

/* On synthetic images, with the lines `network` in the section of that name. */
struct experiment network_fixture_experiment(const char *network, int batch, int shards);

/* Numbers on [0.6, 1.4) for what starts at 1 and on [-0.4, 0.4) for what starts at 0, so that a
 * term with one of them cannot be missing unseen. */
void network_fixture_spread(struct parameters *parameters);

/* Images with some structure (their mean differs), so that losses and statistics differ too. */
void network_fixture_fill(struct network *network, int images, int classes, int seed);

/* Fails unless |value - expected| <= relative |expected|. */
void network_fixture_near(double value, double expected, double relative, const char *what);

/* A naive loss and the tensors that it reads, as struct reference has them. */
struct network_fixture_loss {
    double (*loss)(void *reference, const char *changed);
    void *reference;
    const struct reference_tensor *tensors;
};

/* All trained tensors: a random direction over each, then `elements` single ones (all, where there
 * are no more). The naive loss has just seen the same minibatch. Returns how many tensors. */
int network_fixture_check_gradients(const struct parameters *parameters,
                                    const struct network_fixture_loss *loss, size_t elements);

#endif
