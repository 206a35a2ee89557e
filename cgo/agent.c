/* What the driver's threads do when they start, and what they ask when another process wants the driver to end. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "shim.h"

#include <stdlib.h>
#include <string.h>

#include "aeron_driver.h"
#include "aeron_driver_context.h"
#include "util/aeron_error.h"

/*
 * Settings of CPU affinity have no effect by themselves: a function must be installed that applies them, and the CPUs must be
 * resolved, which only upstream's own main program does. Upstream's resolution prints warnings, so it is done only for
 * those who ask for what it does.
 */
aerongo_result_t aerongo_driver_context_apply_affinity(aeron_driver_context_t *context)
{
    aeron_err_clear();
    if (aeron_driver_context_get_conductor_cpu_affinity(context) < 0 &&
        aeron_driver_context_get_sender_cpu_affinity(context) < 0 &&
        aeron_driver_context_get_receiver_cpu_affinity(context) < 0 &&
        aeron_driver_context_get_native_resource_agent_cpu_affinity(context) < 0)
    {
        /* They may have been set for a start that failed. */
        return !aerongo_driver_context_applies_affinity(context) ? aerongo_value(0) :
            aerongo_status(aeron_driver_context_set_agent_on_start_function(
                context, context->agent_on_start_func_delegate, context->agent_on_start_state_delegate));
    }

    if (aeron_driver_context_get_thread_affinity_use_cpuset_offsets(context) ||
        aeron_driver_context_get_thread_affinity_fail_on_validation_errors(context))
    {
        if (aeron_driver_validate_and_apply_affinity_configuration(context) < 0)
        {
            return aerongo_failure();
        }
    }
    else
    {
        context->conductor_cpu_affinity_resolved = context->conductor_cpu_affinity_no;
        context->sender_cpu_affinity_resolved = context->sender_cpu_affinity_no;
        context->receiver_cpu_affinity_resolved = context->receiver_cpu_affinity_no;
        context->native_resource_agent_cpu_affinity_resolved = context->native_resource_agent_cpu_affinity_no;
    }

    /* One that the environment has named is called behind it, as upstream's main program does. */
    aeron_agent_on_start_func_t before = aeron_driver_context_get_agent_on_start_function(context);
    if (aeron_set_thread_affinity_on_start != before)
    {
        context->agent_on_start_func_delegate = before;
        context->agent_on_start_state_delegate = aeron_driver_context_get_agent_on_start_state(context);
    }

    return aerongo_status(aeron_driver_context_set_agent_on_start_function(
        context, aeron_set_thread_affinity_on_start, context));
}

bool aerongo_driver_context_applies_affinity(aeron_driver_context_t *context)
{
    return aeron_set_thread_affinity_on_start == aeron_driver_context_get_agent_on_start_function(context) &&
        context == aeron_driver_context_get_agent_on_start_state(context);
}

/* ---- Termination ------------------------------------------------------------------------------------------------*/

static bool aerongo_allow_termination(void *state, uint8_t *buffer, int32_t length)
{
    return true;
}

static bool aerongo_deny_termination(void *state, uint8_t *buffer, int32_t length)
{
    return false;
}

/* Takes as long for a token that is nearly right as for one that is not. */
static bool aerongo_token_termination(void *state, uint8_t *buffer, int32_t length)
{
    const aerongo_token_t *token = (const aerongo_token_t *)state;
    uint8_t differs = token->length == length ? 0 : 1;

    for (int32_t i = 0; i < length && i < token->length; i++)
    {
        differs |= (uint8_t)(token->bytes[i] ^ buffer[i]);
    }

    return 0 == differs;
}

/* Termination is allowed to everybody, to nobody, or, with a token, to those who have it. The token must outlive the driver. */
aerongo_result_t aerongo_driver_context_set_termination_validator(
    aeron_driver_context_t *context, bool allow, aerongo_token_t *token)
{
    aeron_err_clear();
    aeron_driver_termination_validator_func_t validator = aerongo_deny_termination;
    if (allow)
    {
        validator = NULL == token ? aerongo_allow_termination : aerongo_token_termination;
    }

    return aerongo_status(aeron_driver_context_set_driver_termination_validator(context, validator, token));
}

/* 0 for one that is not ours, 1 for nobody, 2 for everybody, 3 for those with the token. */
int aerongo_driver_context_termination_validator(aeron_driver_context_t *context)
{
    aeron_driver_termination_validator_func_t validator = aeron_driver_context_get_driver_termination_validator(context);
    if (validator == aerongo_token_termination)
    {
        return NULL != aeron_driver_context_get_driver_termination_validator_state(context) ? 3 : 0;
    }

    return validator == aerongo_deny_termination ? 1 : validator == aerongo_allow_termination ? 2 : 0;
}

aerongo_result_t aerongo_driver_context_set_termination_hook(
    aeron_driver_context_t *context, aerongo_listener_t *listener)
{
    aeron_err_clear();
    return aerongo_status(aeron_driver_context_set_driver_termination_hook(context, aerongo_on_termination, listener));
}

bool aerongo_driver_context_has_termination_hook(aeron_driver_context_t *context, aerongo_listener_t *listener)
{
    return aerongo_on_termination == aeron_driver_context_get_driver_termination_hook(context) &&
        listener == aeron_driver_context_get_driver_termination_hook_state(context);
}
