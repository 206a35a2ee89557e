#include "shim.h"

#include "util/aeron_error.h"

aerongo_result_t aerongo_fragment_assembler_create(void *clientd)
{
    aeron_fragment_assembler_t *assembler = NULL;

    aeron_err_clear();
    if (aeron_fragment_assembler_create(&assembler, aerongo_fragment_handler, clientd) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(assembler);
}

aerongo_result_t aerongo_controlled_fragment_assembler_create(void *clientd)
{
    aeron_controlled_fragment_assembler_t *assembler = NULL;

    aeron_err_clear();
    if (aeron_controlled_fragment_assembler_create(&assembler, aerongo_controlled_fragment_handler, clientd) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(assembler);
}

aerongo_result_t aerongo_image_fragment_assembler_create(void *clientd)
{
    aeron_image_fragment_assembler_t *assembler = NULL;

    aeron_err_clear();
    if (aeron_image_fragment_assembler_create(&assembler, aerongo_fragment_handler, clientd) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(assembler);
}

aerongo_result_t aerongo_image_controlled_fragment_assembler_create(void *clientd)
{
    aeron_image_controlled_fragment_assembler_t *assembler = NULL;

    aeron_err_clear();
    if (aeron_image_controlled_fragment_assembler_create(
        &assembler, aerongo_controlled_fragment_handler, clientd) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(assembler);
}

aerongo_result_t aerongo_fragment_assembler_delete(aeron_fragment_assembler_t *assembler)
{
    aeron_err_clear();
    return aerongo_status(aeron_fragment_assembler_delete(assembler));
}

aerongo_result_t aerongo_controlled_fragment_assembler_delete(aeron_controlled_fragment_assembler_t *assembler)
{
    aeron_err_clear();
    return aerongo_status(aeron_controlled_fragment_assembler_delete(assembler));
}

aerongo_result_t aerongo_image_fragment_assembler_delete(aeron_image_fragment_assembler_t *assembler)
{
    aeron_err_clear();
    return aerongo_status(aeron_image_fragment_assembler_delete(assembler));
}

aerongo_result_t aerongo_image_controlled_fragment_assembler_delete(
    aeron_image_controlled_fragment_assembler_t *assembler)
{
    aeron_err_clear();
    return aerongo_status(aeron_image_controlled_fragment_assembler_delete(assembler));
}

aeron_fragment_handler_t aerongo_fragment_assembler_handler(void)
{
    return aeron_fragment_assembler_handler;
}

aeron_controlled_fragment_handler_t aerongo_controlled_fragment_assembler_handler(void)
{
    return aeron_controlled_fragment_assembler_handler;
}

aeron_fragment_handler_t aerongo_image_fragment_assembler_handler(void)
{
    return aeron_image_fragment_assembler_handler;
}

aeron_controlled_fragment_handler_t aerongo_image_controlled_fragment_assembler_handler(void)
{
    return aeron_image_controlled_fragment_assembler_handler;
}
