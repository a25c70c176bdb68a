namespace Pagewise.Kernel.Faults;

/// <summary>
/// Who listens to page faults of user mode: Linux's tracepoint of the exceptions group, and the return of the handler,
/// on which a kretprobe is put. Without a listener they cost a null check.
/// </summary>
public interface IFaultTracepoints
{
    /// <summary><c>page_fault_user</c>: an access of user mode faulted; told before it is handled.</summary>
    /// <param name="task">Who made it, an index into the task table.</param>
    /// <param name="address">The address.</param>
    /// <param name="errorCode">The CPU's error code.</param>
    void PageFaultUser(int task, ulong address, Hardware.FaultCode errorCode);

    /// <summary>The fault was handled (the return of do_user_addr_fault): what became due meanwhile has run.</summary>
    /// <param name="task">Who made it.</param>
    /// <param name="address">The address.</param>
    /// <param name="outcome">What came of it.</param>
    void PageFaultReturned(int task, ulong address, FaultOutcome outcome);
}
