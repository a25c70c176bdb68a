namespace Pagewise.Kernel.Faults;

/// <summary>What a walk does after a large entry.</summary>
internal enum VisitResult
{
    /// <summary>Go on behind it.</summary>
    Continue,

    /// <summary>It has changed: look at the entry again (ACTION_AGAIN).</summary>
    Again,

    /// <summary>End the walk.</summary>
    Stop,
}
