namespace Pagewise.Kernel.AddressSpaces;

/// <summary>Where ASLR's random bits come from: a SplitMix64 sequence from the machine's seed, kept with the machine's state.</summary>
/// <param name="spaces">Holds the sequence's state.</param>
public sealed class Aslr(AddressSpaceArenas spaces)
{
    /// <summary>Starts the sequence.</summary>
    public void Seed(ulong seed) => spaces.RandomState = seed;

    /// <summary>64 random bits (get_random_long).</summary>
    public ulong Next()
    {
        ulong z = spaces.RandomState += 0x9e37_79b9_7f4a_7c15;
        z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
        return z ^ (z >> 31);
    }

    /// <summary>A random number below a bound (get_random_u32_below).</summary>
    public ulong Below(ulong bound) => Next() % bound;

    /// <summary>A random page in [start, start + range) (randomize_page).</summary>
    public ulong Page(ulong start, ulong range)
    {
        ulong aligned = (start + 4095) & ~4095UL;
        range -= Math.Min(range, aligned - start);
        if (aligned > ulong.MaxValue - range)
            range = ulong.MaxValue - aligned;
        range >>= 12;
        return range == 0 ? aligned : aligned + (Below(range) << 12);
    }
}
