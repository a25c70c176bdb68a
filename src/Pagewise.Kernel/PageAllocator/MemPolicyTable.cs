namespace Pagewise.Kernel.PageAllocator;

/// <summary>
/// The policies of ranges, each kept once: Linux compares policies by value when areas merge (mpol_equal), here their
/// numbers are equal. Number 0 is the default policy.
/// </summary>
public sealed class MemPolicyTable
{
    private readonly List<MemPolicy> _policies = [default];
    private readonly Dictionary<(MemPolicyMode Mode, ulong Nodes), int> _numbers = new() { [default] = 0 };

    /// <summary>A policy, by number.</summary>
    public MemPolicy this[int number] => _policies[number];

    /// <summary>The number of a policy.</summary>
    public int NumberOf(in MemPolicy policy)
    {
        if (_numbers.TryGetValue((policy.Mode, policy.Nodes), out int number))
            return number;
        number = _policies.Count;
        _policies.Add(new MemPolicy { Mode = policy.Mode, Nodes = policy.Nodes });
        _numbers.Add((policy.Mode, policy.Nodes), number);
        return number;
    }
}
