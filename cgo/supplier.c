/* Driver settings that C takes as functions and structs, by the names that people use for them. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "shim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aeron_alloc.h"
#include "media/aeron_debug_channel_endpoint_configuration.h"
#include "media/aeron_udp_channel_transport_bindings.h"
#include "media/aeron_udp_channel_transport_fixed_loss.h"
#include "media/aeron_udp_channel_transport_loss.h"
#include "media/aeron_udp_channel_transport_multi_gap_loss.h"
#include "util/aeron_error.h"

/* Not in a public header. */
aeron_congestion_control_strategy_supplier_func_t aeron_congestion_control_strategy_supplier_load(
    const char *strategy_name);
aeron_name_resolver_supplier_func_t aeron_name_resolver_supplier_load(const char *name);

static const char *const aerongo_flow_controls[] =
    {
        AERON_UNICAST_MAX_FLOW_CONTROL_STRATEGY_NAME,
        AERON_MULTICAST_MAX_FLOW_CONTROL_STRATEGY_NAME,
        AERON_MULTICAST_MIN_FLOW_CONTROL_STRATEGY_NAME,
        AERON_MULTICAST_TAGGED_FLOW_CONTROL_STRATEGY_NAME
    };

static const char *aerongo_flow_control_name(aeron_flow_control_strategy_supplier_func_t supplier)
{
    for (size_t i = 0; i < sizeof(aerongo_flow_controls) / sizeof(aerongo_flow_controls[0]); i++)
    {
        if (supplier == aeron_flow_control_strategy_supplier_by_name(aerongo_flow_controls[i]))
        {
            return aerongo_flow_controls[i];
        }
    }

    return "";
}

aerongo_result_t aerongo_driver_context_set_flow_control(
    aeron_driver_context_t *context, bool multicast, const char *name)
{
    aeron_err_clear();
    aeron_flow_control_strategy_supplier_func_t supplier = aeron_flow_control_strategy_supplier_by_name(name);
    if (NULL == supplier)
    {
        return aerongo_os_failure(EINVAL, "no flow control of this name");
    }

    return aerongo_status(multicast ?
        aeron_driver_context_set_multicast_flowcontrol_supplier(context, supplier) :
        aeron_driver_context_set_unicast_flowcontrol_supplier(context, supplier));
}

const char *aerongo_driver_context_flow_control(aeron_driver_context_t *context, bool multicast)
{
    return aerongo_flow_control_name(multicast ?
        aeron_driver_context_get_multicast_flowcontrol_supplier(context) :
        aeron_driver_context_get_unicast_flowcontrol_supplier(context));
}

aerongo_result_t aerongo_driver_context_set_congestion_control(aeron_driver_context_t *context, const char *name)
{
    aeron_err_clear();
    aeron_congestion_control_strategy_supplier_func_t supplier = aeron_congestion_control_strategy_supplier_load(name);

    return NULL == supplier ? aerongo_failure() :
        aerongo_status(aeron_driver_context_set_congestioncontrol_supplier(context, supplier));
}

const char *aerongo_driver_context_congestion_control(aeron_driver_context_t *context)
{
    static const char *const names[] = { "default", "static", "cubic" };
    aeron_congestion_control_strategy_supplier_func_t supplier =
        aeron_driver_context_get_congestioncontrol_supplier(context);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    {
        if (supplier == aeron_congestion_control_strategy_supplier_load(names[i]))
        {
            return names[i];
        }
    }

    return "";
}

aerongo_result_t aerongo_driver_context_set_name_resolver(aeron_driver_context_t *context, const char *name)
{
    aeron_err_clear();
    aeron_name_resolver_supplier_func_t supplier = aeron_name_resolver_supplier_load(name);

    return NULL == supplier ? aerongo_failure() :
        aerongo_status(aeron_driver_context_set_name_resolver_supplier(context, supplier));
}

const char *aerongo_driver_context_name_resolver(aeron_driver_context_t *context)
{
    static const char *const names[] = { AERON_NAME_RESOLVER_SUPPLIER_DEFAULT, "driver", "csv_table" };
    aeron_name_resolver_supplier_func_t supplier = aeron_driver_context_get_name_resolver_supplier(context);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    {
        if (supplier == aeron_name_resolver_supplier_load(names[i]))
        {
            return names[i];
        }
    }

    return "";
}

aerongo_result_t aerongo_driver_context_set_wildcard_ports(
    aeron_driver_context_t *context, bool receiver, uint16_t low, uint16_t high)
{
    aeron_err_clear();
    return aerongo_status(receiver ?
        aeron_driver_context_set_receiver_wildcard_port_range(context, low, high) :
        aeron_driver_context_set_sender_wildcard_port_range(context, low, high));
}

/* low | high << 16 */
uint32_t aerongo_driver_context_wildcard_ports(aeron_driver_context_t *context, bool receiver)
{
    uint16_t low = 0, high = 0;

    if ((receiver ?
        aeron_driver_context_get_receiver_wildcard_port_range(context, &low, &high) :
        aeron_driver_context_get_sender_wildcard_port_range(context, &low, &high)) < 0)
    {
        return 0;
    }

    return (uint32_t)low | (uint32_t)high << 16;
}

aerongo_result_t aerongo_driver_context_set_receiver_group_tag(
    aeron_driver_context_t *context, bool is_present, int64_t value)
{
    aeron_err_clear();
    return aerongo_status(aeron_driver_context_set_receiver_group_tag(context, is_present, value));
}

/* ---- Incoming loss, for tests -----------------------------------------------------------------------------------*/

/* What the loss parameters are is in static variables of C's, filled from the environment when a first channel is opened. */
typedef union aerongo_loss_params_un
{
    aeron_udp_channel_interceptor_loss_params_t loss;
    aeron_udp_channel_interceptor_fixed_loss_params_t fixed;
    aeron_udp_channel_interceptor_multi_gap_loss_params_t multi_gap;
}
aerongo_loss_params_t;

static int aerongo_loss_configure(const char *name, char *args)
{
    aerongo_loss_params_t params;
    memset(&params, 0, sizeof(params));

    if (0 == strcmp(name, "loss"))
    {
        return aeron_udp_channel_interceptor_loss_parse_params(args, &params.loss) < 0 ?
            -1 : aeron_udp_channel_interceptor_loss_configure(&params.loss);
    }

    if (0 == strcmp(name, "fixed-loss"))
    {
        return aeron_udp_channel_interceptor_fixed_loss_parse_params(args, &params.fixed) < 0 ?
            -1 : aeron_udp_channel_interceptor_fixed_loss_configure(&params.fixed);
    }

    return aeron_udp_channel_interceptor_multi_gap_loss_parse_params(args, &params.multi_gap) < 0 ?
        -1 : aeron_udp_channel_interceptor_multi_gap_loss_configure(&params.multi_gap);
}

static bool aerongo_is_loss(const aeron_udp_channel_interceptor_bindings_t *bindings)
{
    return
        bindings->incoming_func == aeron_udp_channel_interceptor_loss_incoming ||
        bindings->incoming_func == aeron_udp_channel_interceptor_fixed_loss_incoming ||
        bindings->incoming_func == aeron_udp_channel_interceptor_multi_gap_loss_incoming;
}

/* Puts the interceptor before those that the context has, in the place of one that was put there before. A frame guard is there already
 * after a start that failed, and stays the first. */
aerongo_result_t aerongo_driver_context_set_incoming_loss(
    aeron_driver_context_t *context, const char *name, const char *args)
{
    aeron_err_clear();
    aeron_udp_channel_interceptor_bindings_t *first = aeron_driver_context_get_udp_channel_incoming_interceptors(context);
    aeron_udp_channel_interceptor_bindings_t *guard = NULL;
    if (NULL != first && first->meta_info.source_symbol == (aeron_fptr_t)aerongo_frame_guard_install)
    {
        guard = first;
        first = (aeron_udp_channel_interceptor_bindings_t *)guard->meta_info.next_interceptor_bindings;
    }

    aeron_udp_channel_interceptor_bindings_t *rest = first;
    if (NULL != first && aerongo_is_loss(first))
    {
        rest = (aeron_udp_channel_interceptor_bindings_t *)first->meta_info.next_interceptor_bindings;
    }

    aeron_udp_channel_interceptor_bindings_t *bindings = rest;
    if ('\0' != *name)
    {
        if (NULL == (bindings = aeron_udp_channel_interceptor_bindings_load(rest, name)))
        {
            return aerongo_failure();
        }

        /* C reads the environment once, when the first channel is opened, and would overwrite what is configured before. */
        void *state = NULL;
        int before = aerongo_env_scope_get();
        aerongo_env_scope_set(AERONGO_ENV_SCOPE_DENY);
        if (bindings->incoming_init_func(&state, context, AERON_UDP_CHANNEL_TRANSPORT_AFFINITY_RECEIVER) >= 0 &&
            NULL != bindings->incoming_close_func)
        {
            bindings->incoming_close_func(state);
        }
        aerongo_env_scope_set(before);
        aeron_err_clear();

        char *copy = strdup(args); /* parsing writes into it */
        if (NULL == copy || aerongo_loss_configure(name, copy) < 0)
        {
            aerongo_result_t result = NULL == copy ? aerongo_os_failure(ENOMEM, "out of memory") : aerongo_failure();
            free(copy);
            aeron_free(bindings);
            return result;
        }
        free(copy);
    }

    aerongo_result_t result = aerongo_value(0);
    if (NULL != guard)
    {
        guard->meta_info.next_interceptor_bindings = bindings;
    }
    else
    {
        result = aerongo_status(aeron_driver_context_set_udp_channel_incoming_interceptors(context, bindings));
    }
    if (first != rest)
    {
        aeron_free(first);
    }

    return result;
}

/* The name of the loss that the context has, or "". The frame guard comes before it once a driver is made. */
const char *aerongo_driver_context_incoming_loss(aeron_driver_context_t *context)
{
    for (const aeron_udp_channel_interceptor_bindings_t *bindings =
            aeron_driver_context_get_udp_channel_incoming_interceptors(context);
        NULL != bindings;
        bindings = bindings->meta_info.next_interceptor_bindings)
    {
        if (aerongo_is_loss(bindings))
        {
            return bindings->meta_info.name;
        }
    }

    return "";
}

/* ---- Loss at both ends, for tests -------------------------------------------------------------------------------*/

static aerongo_debug_loss_t *aerongo_debug_loss(aeron_driver_context_t *context, bool receive)
{
    return (aerongo_debug_loss_t *)(receive ?
        context->receive_channel_loss_supplier_clientd : context->send_channel_loss_supplier_clientd);
}

/*
 * C has a function that installs suppliers of loss, and reads what they are to lose from the environment only. It reads nothing here,
 * and what it would have read is put where it keeps it. Closing the context frees that.
 */
aerongo_result_t aerongo_driver_context_set_debug_loss(
    aeron_driver_context_t *context, bool receive, aerongo_debug_loss_t loss)
{
    aeron_err_clear();
    if (NULL == aerongo_debug_loss(context, receive))
    {
        int before = aerongo_env_scope_get();
        aerongo_env_scope_set(AERONGO_ENV_SCOPE_DENY);
        int status = aeron_debug_channel_endpoint_configuration_install(context);
        aerongo_env_scope_set(before);
        if (status < 0)
        {
            return aerongo_failure();
        }
    }
    *aerongo_debug_loss(context, receive) = loss;

    return aerongo_status(0);
}

aerongo_debug_loss_t aerongo_driver_context_debug_loss(aeron_driver_context_t *context, bool receive)
{
    aerongo_debug_loss_t none = { 0 };
    aerongo_debug_loss_t *loss = aerongo_debug_loss(context, receive);

    return NULL == loss ? none : *loss;
}
