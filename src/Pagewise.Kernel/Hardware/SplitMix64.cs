namespace Pagewise.Kernel.Hardware;

/// <summary>The random numbers of the model: Steele, Lea and Flood's SplitMix64, the same from the same state on.</summary>
internal static class SplitMix64
{
    /// <summary>64 random bits.</summary>
    /// <param name="state">Where the sequence stands; moved on.</param>
    public static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9e37_79b9_7f4a_7c15;
        z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
        return z ^ (z >> 31);
    }
}
